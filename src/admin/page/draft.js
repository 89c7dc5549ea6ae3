/** A draft of rules: what is typed, as text, so that nothing typed is lost. */

/** @import { ConsoleRule, ConsoleRules, Draft, VersionDiff } from '../api.ts' */

/**
 * @typedef {object} DraftRule
 * @property {string} key names its card while the draft exists
 * @property {string} id
 * @property {string} sources a value a line, like all lists but the methods
 * @property {string[]} allowedMethods
 * @property {string} allowedHeaders
 * @property {string} exposedHeaders
 * @property {string} cacheTimeout
 */

/**
 * @typedef {object} Edited
 * @property {string | null} version the version that was read: only that one is replaced
 * @property {DraftRule[]} rules
 * @property {boolean} varyOrigin
 * @property {Draft | null} checked what the edge says of the draft; null until it has
 * @property {boolean} isChecked false: something was typed since
 * @property {any} failure the last error of the edge
 * @property {{ version: string | null, diff: VersionDiff | null } | null} conflict what changed meanwhile
 * @property {boolean} isSaving
 */

let keys = 0;

/** @param {ConsoleRules | null} rules @param {string | null} version @returns {Edited} */
export const draftOf = (rules, version) => ({
  version,
  rules: (rules?.rules ?? []).map(draftRule),
  varyOrigin: rules?.varyOrigin ?? false,
  checked: null,
  isChecked: false,
  failure: null,
  conflict: null,
  isSaving: false,
});

/** @param {ConsoleRule} rule @returns {DraftRule} */
const draftRule = ({ id, sources, allowedMethods, allowedHeaders, exposedHeaders, cacheTimeout }) => ({
  key: newKey(),
  id: id ?? '',
  sources: sources.join('\n'),
  allowedMethods: [...allowedMethods],
  allowedHeaders: allowedHeaders.join('\n'),
  exposedHeaders: exposedHeaders.join('\n'),
  cacheTimeout: cacheTimeout === null ? '' : String(cacheTimeout),
});

/** @returns {DraftRule} */
export const emptyRule = () =>
  draftRule({
    id: null,
    sources: [],
    allowedMethods: [],
    allowedHeaders: [],
    exposedHeaders: [],
    cacheTimeout: null,
  });

function newKey() {
  keys += 1;
  return `rule-${keys}`;
}

/**
 * The rules of a draft. A cache timeout that is no number stays text: the edge says what is wrong with it.
 *
 * @param {Edited} draft
 */
export const rulesOf = ({ rules, varyOrigin }) => ({
  rules: rules.map(({ id, sources, allowedMethods, allowedHeaders, exposedHeaders, cacheTimeout }) => ({
    id: id.trim() === '' ? null : id.trim(),
    sources: linesOf(sources),
    allowedMethods,
    allowedHeaders: linesOf(allowedHeaders),
    exposedHeaders: linesOf(exposedHeaders),
    cacheTimeout: timeoutOf(cacheTimeout.trim()),
  })),
  varyOrigin,
});

/** @param {string} text */
const linesOf = (text) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** @param {string} text */
const timeoutOf = (text) => (text === '' ? null : /^\d{1,15}$/.test(text) ? Number(text) : text);

/**
 * What the edge says of a draft whose values it cannot read, such as a cache timeout that is no number.
 *
 * @param {readonly { place: string, value?: string, reason: string, write: string }[]} faults places such as
 *   `rules[2]/cacheTimeout`
 * @returns {Draft}
 */
export const refusedFor = (faults) => ({
  isRefused: true,
  document: null,
  changes: [],
  complete: true,
  findings: faults.map(({ place, value = null, reason, write }) => {
    const [, rule, field] = /^rules\[(\d+)\](?:\/(\w+))?/.exec(place) ?? [];
    return {
      severity: 'error',
      code: null,
      rule: rule === undefined ? null : Number(rule),
      field: /** @type {import('../api.ts').ConsoleField | null} */ (field ?? null),
      value,
      reason,
      write,
    };
  }),
});

/** Moves the rule at one place by `step` places. @param {Edited} draft @param {number} at @param {number} step */
export function move({ rules }, at, step) {
  const [rule] = rules.splice(at, 1);
  if (rule !== undefined) rules.splice(at + step, 0, rule);
}
