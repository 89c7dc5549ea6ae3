/** Texts that several views share. */

import { element } from './draw.js';

/** @param {number} count @param {string} noun */
export const counted = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const STEPS = /** @type {const} */ ([
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'd'],
]);

/**
 * A time as its distance from now, with the time itself as title.
 *
 * @param {string} at
 */
export function ago(at) {
  const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1000);
  const [, size, unit] = STEPS.find(([below]) => seconds < below) ?? STEPS[3];
  return element(
    'time',
    { datetime: at, title: new Date(at).toLocaleString() },
    `${Math.floor(seconds / size)} ${unit} ago`,
  );
}

/** The beginning of a version: whole ones are too long to compare by eye. @param {string} version */
export const shortVersion = (version) => version.slice(0, 12);

/**
 * A fault in what was sent, as a sentence.
 *
 * @param {{ value?: string, reason: string, write: string }} fault
 * @param {string} place in words for the reader
 */
export const faultOf = ({ value, reason, write }, place) =>
  element('p.problem', { role: 'alert' }, `${place}${value ? ` ${value}` : ''} ${reason}. Write ${write}.`);

/**
 * An error of the admin port with its cure.
 *
 * @param {{ error?: string, cure?: string, faults?: readonly any[] }} body
 */
export const failureOf = ({ error = 'The edge answered with an error', cure = '', faults = [] }) =>
  faults.length > 0
    ? element(
        'div',
        faults.map((fault) => faultOf(fault, fault.place)),
      )
    : element('p.problem', { role: 'alert' }, `${error.replace(/\.$/, '')}. ${cure}`);

/**
 * What changes, a line each.
 *
 * @param {import('../api.ts').VersionDiff} diff
 */
export function changesOf({ changes, complete }) {
  const lines = changes.map(({ effect, isWider, sentence }) =>
    element('li', element('span.mark', { 'data-wider': String(isWider) }, EFFECTS[effect]), ` ${sentence}`),
  );
  return [
    changes.length === 0
      ? element('p.note', 'No request is answered differently.')
      : element('ul.changes', lines),
    !complete && element('p.note', 'The rules are too many to compare all requests: there may be more.'),
  ];
}

const EFFECTS = { allowed: 'allows', refused: 'refuses', answered: 'changes' };

/**
 * A finding of `check`, or a fault of a document.
 *
 * @param {import('../api.ts').PlacedFinding} finding
 */
export const findingOf = ({ severity, code, value, reason, write }) =>
  element(
    'li.finding',
    { 'data-severity': severity },
    element('strong', code === null ? severity : `${severity} ${code}`),
    value === null ? ` It ${reason}. ` : [' ', element('code', value), ` ${reason}. `].flat(),
    write === '' ? '' : `Write ${write.replace(/\.$/, '')}.`,
  );
