import type { Judgement } from '../../analysis/browser/judge.ts';
import { ALWAYS_READABLE } from '../../analysis/browser/safelist.ts';
import { beginningOf } from '../../analysis/browser/words.ts';
import type { Explanation } from '../../cors/explain.ts';
import { VARY } from '../../cors/names.ts';
import { type Paint, visible } from '../formats/paint.ts';
import type { Answered } from './answer.ts';
import type { Asked } from './ask.ts';
import { listed, shown, wrapped } from './lines.ts';
import { ruleLines } from './rules.ts';

/** Returns the explanations for a person. Of several requests, those that pass are one line each, at the end. */
export function showAll(answered: readonly Answered[], paint: Paint, width: number): readonly string[] {
  const [only, ...others] = answered;
  if (only !== undefined && others.length === 0) return ['', ...showRequest(only, paint, width)];
  const failing = answered.filter((one) => !passes(one));
  const passing = answered.filter(passes);
  return [
    ...failing.flatMap((one) => ['', ...showRequest(one, paint, width)]),
    ...(passing.length === 0 ? [] : ['', paint.green('The page gets these answers:')]),
    ...passing.map((one) => `  ${nameOf(one)}, by rule ${one.explained.actual.rule}`),
  ];
}

/** Whether the page gets the answer by the rules, and got it in the recording if there is one. */
const passes = ({ asked, explained, recorded }: Answered): boolean =>
  explained.browser?.passes === true &&
  (!asked.isRecorded || (hasAnswer(asked) && recorded?.passes === true));

const hasAnswer = ({ recorded }: Asked): boolean => recorded !== null && recorded.answer !== null;

const nameOf = ({ asked, explained }: Answered): string => {
  const times = asked.times > 1 ? ` and ${asked.times - 1} more like it` : '';
  return `${shown(explained.request.method)} ${shown(asked.url ?? explained.request.path)}${times}`;
};

/** Returns the explanation of one request for a person: first what happens, then why. */
function showRequest(answered: Answered, paint: Paint, width: number): readonly string[] {
  const { asked, explained } = answered;
  const { preflight, actual, browser } = explained;
  const isNeeded = browser?.preflights !== false;
  const isSent = browser === null || browser.refused === null || browser.refused === 'actual';
  const reason = browser?.refused === 'preflight' ? preflight.because : actual.because;
  const isSame = JSON.stringify(preflight.rules) === JSON.stringify(actual.rules);
  return [
    ...requestLines(answered, paint, width),
    '',
    ...(browser === null ? [] : browserLines(asked, browser, reason, paint, width)),
    ...recordedLines(answered, paint, width),
    ...(isNeeded
      ? ['', ...answerLines('The preflight', preflight, preflight.because !== reason, true, paint, width)]
      : []),
    '',
    ...answerLines(
      isSent ? 'The request' : 'The request, if it were sent',
      actual,
      actual.because !== reason,
      !(isNeeded && isSame),
      paint,
      width,
    ),
  ];
}

function requestLines(answered: Answered, paint: Paint, width: number): readonly string[] {
  const { asked, explained } = answered;
  const { origin, credentials } = explained.request;
  const details = [
    `from a page of ${shown(origin ?? 'no origin')}`,
    asked.headers.length > 0
      ? `with the headers ${listed(asked.headers)}`
      : 'without headers that need a rule',
    ...(credentials ? ['with cookies'] : asked.isRecorded ? [] : ['without cookies']),
  ];
  return [
    paint.bold(nameOf(answered)),
    ...wrapped('  ', details.join(', '), width),
    ...(asked.added.length === 0
      ? []
      : wrapped(
          '  ',
          `${listed(asked.added)}: taken to be the browser's own. If the page sets it, add it with --headers.`,
          width,
        )),
  ];
}

function browserLines(
  asked: Asked,
  { preflights, passes, because, readable, preflightSeconds }: Judgement,
  reason: string,
  paint: Paint,
  width: number,
) {
  const verdict = passes
    ? paint.green('The page gets its answer.')
    : paint.red('The page does not get its answer.');
  // The first line has the verdict.
  const does = passes ? beginningOf(asked, preflights) : because;
  const cache =
    preflightSeconds === null
      ? []
      : [
          `Browsers cache the preflight's answer for this URL: Chromium ${preflightSeconds.chromium} s, Firefox ${preflightSeconds.firefox} s, Safari ${preflightSeconds.safari} s.`,
        ];
  return [
    verdict,
    ...[reason, does, ...cache, ...(passes ? [readableText(readable)] : [])].flatMap((text) =>
      wrapped('  ', visible(text), width),
    ),
  ];
}

function readableText(readable: Judgement['readable']): string {
  if (readable === '*') return 'Scripts can read all response headers but cookies.';
  const exposed = readable.filter((name) => !ALWAYS_READABLE.includes(name));
  return exposed.length === 0
    ? 'Scripts can read only the headers that every script can read: not ETag, for example.'
    : `Scripts can read ${listed(exposed)}, and the headers that every script can read.`;
}

function recordedLines(
  { asked, recorded, explained }: Answered,
  paint: Paint,
  width: number,
): readonly string[] {
  const isAllowed = explained.browser?.passes === true;
  const lines = (title: string, ...texts: readonly string[]) => [
    '',
    paint.bold(title),
    ...texts.flatMap((text) => wrapped('  ', visible(text), width)),
  ];
  if (recorded?.passes === false)
    return lines('The recorded answer does not pass.', recorded.because, ...(isAllowed ? [NOW_ALLOWED] : []));
  // A refused request has no answer: the rules are the reason.
  if (asked.isRecorded && !hasAnswer(asked))
    return isAllowed ? lines('The recording has no answer to the request.', NOW_ALLOWED) : [];
  if (recorded === null) return [];
  return lines('The recorded answer passes.', ...(isAllowed ? [] : [NOT_THESE]));
}

/** The exit code of the command is that of the rules. */
const NOW_ALLOWED =
  'The rules allow it now. The recorded failure has another cause: other rules were in force, a cache or a CDN answered, or the connection failed.';
const NOT_THESE =
  'It does not come from these rules: other rules were in force, or a cache or a CDN answered.';

function answerLines(
  subject: string,
  { reason, because, status, headers, vary, rules }: Explanation,
  withReason: boolean,
  withRules: boolean,
  paint: Paint,
  width: number,
): readonly string[] {
  const gets = status === undefined ? '' : `, status ${status}`;
  const pairs = headers.flatMap(([name, value]) => wrapped(`    ${name}: `, visible(value), width));
  return [
    `${paint.bold(subject)}: ${reason}${gets}`,
    ...(withReason ? wrapped('  ', visible(because), width) : []),
    ...(withRules ? ruleLines(rules, paint, width) : []),
    ...(pairs.length === 0 ? [] : ['  It gets:', ...pairs]),
    ...wrapped(
      headers.some(([name]) => name === VARY) ? '  Why this Vary: ' : '  Why no Vary: ',
      visible(vary.because),
      width,
    ),
  ];
}
