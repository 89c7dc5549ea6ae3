/** The answers to a question: what a browser does, and the exact answer to the preflight and to the request. */

import { element } from './draw.js';
import { shortVersion } from './words.js';

/** @import { Asked } from '../api.ts' */
/** @typedef {Extract<Asked['explained'], { preflight: unknown }>} Answers */

/**
 * What a browser does without and with credentials, once if it is the same, and the answers of the edge.
 *
 * @param {{ asked: Asked, without: Asked, withCredentials: Asked }} asked `asked` is what the reader asked, one of the others
 */
export function answersOf({ asked, without, withCredentials }) {
  const { preflight, actual, version } = /** @type {Answers} */ (asked.explained);
  const browsers = [without, withCredentials].map(
    ({ explained }) => /** @type {Answers} */ (explained).browser,
  );
  const isSame = JSON.stringify(browsers[0]) === JSON.stringify(browsers[1]);
  const labels = isSame ? ['Without and with credentials'] : ['Without credentials', 'With credentials'];
  const read = asked.read === null || isSame ? -1 : Number(asked.question.credentials);
  const isSent = browsers.some((browser) => browser?.preflights);
  return {
    sentence: labels.map((label, at) => `${label}: ${verdictOf(browsers[at])}.`).join(' '),
    tree: [
      asked.message !== null &&
        element('p.card.said', element('strong', 'The browser says: '), asked.message),
      element(
        'div.pair',
        labels.map((label, at) => judgement(label, browsers[at] ?? null, at === read)),
      ),
      element(
        'div.pair',
        exchange(
          isSent ? 'Preflight' : 'Preflight (no browser sends it)',
          preflight,
          `HTTP ${preflight.status}`,
        ),
        exchange('Request', actual, "the bucket's status"),
      ),
      version !== null && element('p.note', 'Rules ', element('code', shortVersion(version))),
    ],
  };
}

/** @param {string} label @param {Answers['browser']} browser @param {boolean} isRead */
const judgement = (label, browser, isRead) =>
  element(
    'section.card',
    { 'data-passes': String(browser?.passes ?? ''), 'aria-label': label },
    element('h3', label, isRead && ' (as in the text)'),
    element('p.outcome', verdictOf(browser)),
    browser && element('p', browser.because),
    browser?.passes && element('p.note', 'Scripts can read: ', element('code', namesOf(browser.readable))),
    browser?.preflightSeconds &&
      element('p.note', `The preflight is cached for ${secondsOf(browser.preflightSeconds)}.`),
  );

/** @param {readonly string[] | '*'} names */
const namesOf = (names) => (names === '*' ? 'all headers' : names.join(', '));

const verdictOf = (browser) =>
  !browser
    ? 'no page: enter its origin'
    : browser.passes
      ? 'the page gets the answer'
      : `the browser refuses the ${browser.refused === 'actual' ? 'answer' : browser.refused}`;

const secondsOf = ({ chromium, firefox, safari }) =>
  chromium === firefox && firefox === safari
    ? `${chromium} s`
    : `${chromium} s in Chromium, ${firefox} s in Firefox, ${safari} s in Safari`;

/** One answer of the edge: reason, sentence, exact headers, and the rules in order. @param {string} status */
function exchange(title, { reason, because, headers, vary, rules }, status) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return element(
    'section.card',
    { 'aria-label': title },
    element('h3', title, ' ', element('code.reason', { 'data-reason': reason }, reason)),
    element('p', because),
    element('pre', { tabindex: '0' }, [status, ...lines].join('\n')),
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
