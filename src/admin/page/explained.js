/** The answers to a question: what a browser does, and the exact answer to the preflight and to the request. */

import { element } from './draw.js';
import { shortVersion } from './words.js';

/** @import { Asked } from '../api.ts' */
/** @typedef {Extract<Asked['explained'], { preflight: unknown }>} Answers */

/**
 * @param {{ asked: Asked, without: Asked, withCredentials: Asked }} asked `asked` is what the reader asked, one of the others
 */
export function answersOf({ asked, without, withCredentials }) {
  const explained = /** @type {Answers} */ (asked.explained);
  /** @type {(readonly [label: string, answers: Answers])[]} */
  const rows = [
    ['Without credentials', /** @type {Answers} */ (without.explained)],
    ['With credentials', /** @type {Answers} */ (withCredentials.explained)],
  ];
  const isRead = asked.read !== null;
  const needsPreflight = rows.some(([, { browser }]) => browser?.preflights);
  return {
    sentence: rows.map(([label, { browser }]) => `${label}: ${verdictOf(browser)}.`).join(' '),
    tree: [
      asked.message !== null &&
        element('p.card.said', element('strong', 'The browser says: '), asked.message),
      element(
        'div.pair',
        rows.map(([label, { browser }], at) =>
          element(
            'section.card.verdict',
            { 'data-passes': String(browser?.passes ?? ''), 'aria-label': label },
            element('h3', label, isRead && asked.question.credentials === (at === 1) && ' (as in the text)'),
            element('p.outcome', verdictOf(browser)),
            browser && element('p', browser.because),
            browser?.passes &&
              element(
                'p.note',
                'Scripts can read: ',
                element('code', browser.readable === '*' ? 'all headers' : browser.readable.join(', ')),
              ),
            browser?.preflightSeconds &&
              element('p.note', `The preflight is cached for ${secondsOf(browser.preflightSeconds)}.`),
          ),
        ),
      ),
      element(
        'div.pair',
        exchange(
          needsPreflight ? 'Preflight' : 'Preflight (no browser sends it)',
          explained.preflight,
          explained.preflight.status,
        ),
        exchange('Request', explained.actual, undefined),
      ),
      element(
        'p.note',
        explained.version === null
          ? 'No rules are known.'
          : ['Rules ', element('code', shortVersion(explained.version))],
      ),
    ].flat(),
  };
}

const verdictOf = (browser) =>
  browser === null
    ? 'no page: enter its origin'
    : browser.passes
      ? 'the page gets the answer'
      : `the browser refuses the ${browser.refused === 'actual' ? 'answer' : browser.refused}`;

const secondsOf = ({ chromium, firefox, safari }) =>
  chromium === firefox && firefox === safari
    ? `${chromium} s`
    : `${chromium} s in Chromium, ${firefox} s in Firefox, ${safari} s in Safari`;

/** One answer of the edge: reason, sentence, exact headers, and the rules in order. */
function exchange(title, { reason, because, headers, vary, rules }, status) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return element(
    'section.card',
    { 'aria-label': title },
    element('h3', title, ' ', element('code.reason', { 'data-reason': reason }, reason)),
    element('p', because),
    element(
      'pre',
      { tabindex: '0' },
      [status === undefined ? "the bucket's status" : `HTTP ${status}`, ...lines].join('\n'),
    ),
    element('p.note', vary.because),
    rules.length > 0 &&
      element(
        'details',
        element('summary', `Rules in order (${rules.length})`),
        element('ol.walk', rules.map(verdict)),
      ),
  );
}

const verdict = ({ rule, id, outcome, condition, actual, expected = [] }) =>
  element(
    'li',
    { value: rule, 'data-outcome': outcome },
    outcome === 'matched' && 'fits',
    outcome === 'not_reached' && 'is not reached',
    ...(outcome === 'failed'
      ? [
          `does not list the ${condition} `,
          element('code', actual),
          expected.length > 0 ? `, but ${expected.join(', ')}` : ', and lists none',
        ]
      : []),
    id !== undefined && ` (${id})`,
  );
