/** The rule panel to read: the source's state, and a card a rule in the words of the OSS console. */

import { element } from './draw.js';
import { ago, counted, findingOf, shortVersion } from './words.js';

/** @import { ConsoleField, ConsoleRule, Panel, PlacedFinding } from '../api.ts' */

const STATES = {
  not_loaded: 'not loaded yet',
  fresh: 'fresh',
  stale: 'stale: the last good rules are in force',
  unavailable: 'unavailable: no rules are in force',
};

/**
 * Where the rules come from and how old they are; why a load failed, and the cure.
 *
 * @param {Panel} panel
 * @param {import('./draw.js').Child[]} actions
 */
export const stateOf = ({ state, source, store, version, confirmedAt, loadedAt, failure, edit }, actions) =>
  element(
    'div.card.state',
    { key: 'state', 'data-state': state },
    element(
      'p',
      element('strong.mark', STATES[state]),
      ' ',
      confirmedAt !== null && ['confirmed ', ago(confirmedAt)],
      loadedAt !== null && [', loaded ', ago(loadedAt)],
    ),
    element(
      'ul.facts',
      element('li', `from ${source.kind} `, element('code', source.name)),
      element('li', `store ${store}`),
      version !== null &&
        element('li', 'version ', element('code', { title: version }, shortVersion(version))),
    ),
    failure !== null &&
      element('p.problem', `The last load failed `, ago(failure.at), `: ${failure.cause}. ${failure.cure}`),
    !edit.possible && element('p.note', { id: 'no-edit' }, edit.because),
    element('p.actions', actions),
  );

/**
 * @param {readonly PlacedFinding[]} findings
 * @param {number | null} rule null: those about the rule set
 * @param {ConsoleField | null} field null: those about the rule as a whole
 */
export function findingsAt(findings, rule, field) {
  const found = findings.filter((one) => one.rule === rule && one.field === field);
  return found.length > 0 && element('ul.findings', found.map(findingOf));
}

/** @type {readonly (readonly [field: 'sources' | 'allowedMethods' | 'allowedHeaders' | 'exposedHeaders', label: string])[]} */
export const LISTS = [
  ['sources', 'Sources'],
  ['allowedMethods', 'Allowed Methods'],
  ['allowedHeaders', 'Allowed Headers'],
  ['exposedHeaders', 'Exposed Headers'],
];

/** @param {Panel} panel */
export function cardsOf({ rules, findings, state }) {
  if (rules === null)
    return element(
      'p.empty',
      state === 'fresh' || state === 'stale' ? 'The bucket has no CORS rules.' : 'No rules are known.',
    );
  return element(
    'div.cards',
    element(
      'div.whole',
      element(
        'p',
        element('span.label', 'Vary: Origin '),
        rules.varyOrigin ? 'on' : 'off',
        ` · ${counted(rules.rules.length, 'rule')}; the first that fits applies`,
      ),
      findingsAt(findings, null, 'varyOrigin'),
      findingsAt(findings, null, null),
    ),
    rules.rules.map((rule, at) => cardOf(rule, at + 1, findings)),
  );
}

/** @param {ConsoleRule} rule @param {number} number @param {readonly PlacedFinding[]} findings */
const cardOf = (rule, number, findings) =>
  element(
    'article.card.rule',
    { 'aria-label': `Rule ${number}` },
    element('h3', `Rule ${number}`, rule.id !== null && [' ', element('code', rule.id)]),
    findingsAt(findings, number, null),
    findingsAt(findings, number, 'id'),
    element(
      'dl',
      LISTS.map(([field, label]) => row(label, listOf(rule[field]), findingsAt(findings, number, field))),
      row(
        'Cache Timeout',
        rule.cacheTimeout === null ? none() : `${rule.cacheTimeout} s`,
        findingsAt(findings, number, 'cacheTimeout'),
      ),
    ),
  );

const none = () => element('span.note', 'none');

/** @param {readonly string[]} values */
const listOf = (values) =>
  values.length === 0
    ? none()
    : element(
        'ul.values',
        values.map((value) => element('li', element('code', value))),
      );

const row = (label, value, findings) => element('div', element('dt', label), element('dd', value, findings));
