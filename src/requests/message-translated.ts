import type { FoundReason, Said } from './said.ts';
import { failureOfOther } from './sentences-firefox.ts';

/** "Same Origin Policy" in the languages of Firefox that most people use; each sentence about CORS has it. */
const SAME_ORIGIN =
  /same.origin|同源|同一生成元|동일 출처|gleiche-quelle|одного источника|mismo origen|mesma origem|stessa origine|tego samego pochodzenia/i;
const URL_IN = /(?:https?|ftp|file):\/\/[^\s'‘’“”«»]{1,4000}/g;
const PREFLIGHT = /pre-?flight|预检|預檢|プリフライト|사전|pré-v|preliminar|verificación previa|предвар/i;
const SEVERAL = /multiple|plusieurs|多个|多個|複数|여러|nur ein|несколько|múltipl|più|wiele/i;
const NOT_ADDED = /Origin/;
const REDIRECT = /redire[ck]|weiterleitung|重定向|重新導向|リダイレクト|리디렉션|перенаправлени|przekierowa/i;
/** Text in quotes of one kind: an apostrophe is no quote. */
const QUOTED =
  /«\s?([^«»]{0,300}?)\s?»|‘([^‘’']{0,300})[’']|“([^“”]{0,300})”|„([^„“]{0,300})“|'([^']{0,300})'/g;
/** Sentences that are looked at. */
const SENTENCES = 20;

/**
 * Reads a sentence of Firefox in another language than English (mozilla-l10n/firefox-l10n, security.properties): the names
 * of headers, their values and the order URL, reason, status are the same in all of them. `text` has its own quotes.
 */
export function translatedReason(text: string): FoundReason | null {
  let seen = 0;
  for (const found of text.matchAll(URL_IN)) {
    seen += 1;
    if (seen > SENTENCES) return null;
    const at = found.index + found[0].length;
    const rest = text.slice(at, at + 500);
    if (!SAME_ORIGIN.test(text.slice(Math.max(0, found.index - 300), found.index))) continue;
    const reason = /CORS|Access-Control-/.test(rest) ? reasonOf(rest) : null;
    if (reason !== null) return { at, ...reason };
  }
  return null;
}

type Read = Pick<FoundReason, 'reason' | 'value'>;

function reasonOf(rest: string): Read | null {
  const quoted = [...rest.matchAll(QUOTED)].map(
    (found) => found.slice(1).find((one) => one !== undefined) ?? '',
  );
  const header = quoted.find((one) => one.startsWith('Access-Control-Allow-')) ?? '';
  const other = quoted.find((one) => !one.startsWith('Access-Control-Allow-')) ?? null;
  const status = /[:：] ?(\d{3})\b/.exec(rest)?.[1] ?? null;
  switch (header) {
    case 'Access-Control-Allow-Origin':
      return originReason(other, status, rest);
    case 'Access-Control-Allow-Credentials':
      return read('no_allow_credentials', null);
    case 'Access-Control-Allow-Methods':
      return other === null ? preflightRead('method', null) : preflightRead('invalid_list', header);
    case 'Access-Control-Allow-Headers':
      return PREFLIGHT.test(rest) ? preflightRead('header', other) : preflightRead('invalid_list', header);
    default:
      return withoutHeader(rest, status);
  }
}

function originReason(other: string | null, status: string | null, rest: string): Read {
  if (other === '*') return read('wildcard_with_credentials', other);
  if (other !== null) return read(failureOfOther(other), other);
  return status === null && SEVERAL.test(rest)
    ? read('several_allow_origins', null)
    : read('no_allow_origin', status);
}

function withoutHeader(rest: string, status: string | null): Read | null {
  if (PREFLIGHT.test(rest)) return preflightRead('status', status);
  if (REDIRECT.test(rest)) return preflightRead('preflight_redirect', null);
  if (/http/i.test(rest.replace(/https?:\S+/g, ''))) return read('not_http', null);
  return read(NOT_ADDED.test(rest) ? 'unknown' : 'no_answer', null);
}

const read = (failure: Said['failure'], value: string | null): Read => ({
  reason: { browser: 'firefox', failure },
  value,
});

const preflightRead = (failure: Said['failure'], value: string | null): Read => {
  const { reason } = read(failure, value);
  return { reason: { ...reason, ofPreflight: true }, value };
};
