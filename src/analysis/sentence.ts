import { MAX_AGE } from '../cors/names.ts';
import { excerpt } from '../document/raw.ts';
import { visible } from '../document/visible.ts';
import type { Change, Changed, ChangedOrigin } from './change.ts';

/** Most origins and names in a sentence; the rest are counted. */
const MOST = 5;
/** Seconds for which browsers cache a preflight without Access-Control-Max-Age (Fetch standard, "CORS-preflight fetch"). */
export const DEFAULT_MAX_AGE = '5';

/** One change in one sentence, by witness and by rule. */
export function sentenceOf(change: Change): string {
  const short = shortened(change);
  return visible(`${bodyOf(short)}${unusualNote(short.origins)}`);
}

/** The change with excerpts of its values, so that a long one does not bury the sentence. */
function shortened({ changed, origins, ...change }: Change): Change {
  return {
    ...change,
    origins: origins.map(({ origin, entry, isUsual }) => ({
      origin: excerpt(origin),
      entry: excerpt(entry),
      isUsual,
    })),
    changed: shortenedValues(changed),
  };
}

function shortenedValues(changed: Changed): Changed {
  if (changed.kind === 'headers' || changed.kind === 'exposed')
    return { ...changed, names: changed.names.map((name) => excerpt(name)) };
  if (changed.kind !== 'answer') return changed;
  const short = (value: string | null) => (value === null ? null : excerpt(value));
  return { ...changed, before: short(changed.before), after: short(changed.after) };
}

function bodyOf({ effect, changed, origins, methods, before, after }: Change): string {
  const pages = originsText(origins);
  const [first] = origins;
  // A witness of a pattern stands for several.
  const many =
    origins.length > 1 || (first !== undefined && first.entry !== first.origin && first.entry !== '*');
  const sent = list(methods);
  const now = effect === 'allowed' ? `rule ${after} lists ${entries(origins)}` : '';
  const was = `rule ${before} listed ${entries(origins, many ? 'them' : 'it')}`;
  switch (changed.kind) {
    case 'method':
      return effect === 'allowed'
        ? `${pages} may ${sent} from now on (${byPattern(origins) ? now : `rule ${after}`})`
        : `${pages} ${many ? 'lose' : 'loses'} ${sent} (${was})`;
    case 'headers':
      return effect === 'allowed'
        ? `${pages} may send ${namesText(changed)} with ${sent} from now on (rule ${after})`
        : `${pages} may no longer send ${lostNames(changed)} with ${sent} (rule ${before} allowed ${changed.names.length > 1 || changed.names.includes('*') ? 'them' : 'it'})`;
    case 'exposed':
      return effect === 'allowed'
        ? `${pages} may read ${list(changed.names)} in answers to ${sent} from now on (rule ${after})`
        : `${pages} can no longer read ${list(changed.names)} in answers to ${sent} (rule ${before} exposed ${changed.names.length > 1 ? 'them' : 'it'})`;
    case 'answer':
      return answerText(changed, pages, sent, after);
    case 'vary':
      return changed.after
        ? 'every answer has Vary: Origin from now on (ResponseVary is true)'
        : 'ResponseVary is no longer true: answers have Vary: Origin only where they depend on the origin';
  }
}

function answerText(
  { request, name, before, after }: Extract<Changed, { kind: 'answer' }>,
  pages: string,
  methods: string,
  rule: number | null,
): string {
  if (name === MAX_AGE) {
    const now = after ?? DEFAULT_MAX_AGE;
    const old = before === null ? `not for ${DEFAULT_MAX_AGE}, their default` : `not for ${before}`;
    const compared = now === (before ?? DEFAULT_MAX_AGE) ? 'as before: it is their default' : old;
    return `browsers cache preflights of ${pages} for ${methods} for ${now} ${now === '1' ? 'second' : 'seconds'} (rule ${rule}), ${compared}`;
  }
  const what = request === 'preflight' ? 'preflights' : 'requests';
  const is = after === null ? `without ${name}` : `with ${name}: ${after}`;
  const was = before === null ? 'without it' : before;
  return `${what} of ${pages} for ${methods} are answered ${is} (rule ${rule}), before ${was}`;
}

/** `*` in place of a name: any. */
function namesText({ names, together }: Extract<Changed, { kind: 'headers' }>): string {
  if (names.includes('*')) return 'any request header';
  return `${list(names)}${together && names.length > 1 ? ' together' : ''}`;
}

/** Without `*`, the names that entries list may still be sent. */
const lostNames = (changed: Extract<Changed, { kind: 'headers' }>): string =>
  changed.names.includes('*') ? 'request headers that no rule lists' : namesText(changed);

const byPattern = (origins: readonly ChangedOrigin[]): boolean =>
  origins.some(({ origin, entry }) => origin !== entry);

/** The patterns that accept the origins; without a pattern, the word that stands for the origins. */
function entries(origins: readonly ChangedOrigin[], otherwise = 'them'): string {
  const patterns = [
    ...new Set(origins.filter(({ origin, entry }) => origin !== entry).map(({ entry }) => entry)),
  ];
  return patterns.length === 0 ? otherwise : list(patterns);
}

/** `https://a, https://b and origins such as https://x.example`: named ones, then witnesses of patterns. */
export function originsText(origins: readonly ChangedOrigin[]): string {
  const shown = origins.slice(0, MOST);
  const isNamed = ({ origin, entry }: ChangedOrigin) => origin === entry || origin === 'null';
  const named = shown.filter(isNamed).map(({ origin }) => origin);
  const others = shown.filter((one) => !isNamed(one));
  const any = others.filter(({ entry }) => entry === '*').map(({ origin }) => `any other origin (${origin})`);
  const witnesses = others.filter(({ entry }) => entry !== '*').map(({ origin }) => origin);
  const more = origins.length - shown.length;
  const groups = [
    ...(witnesses.length > 0 ? [`origins such as ${list(witnesses)}`] : []),
    ...any,
    ...(more > 0 ? [`${more} more origin${more > 1 ? 's' : ''}`] : []),
  ];
  return list([...(groups.length > 0 && named.length > 0 ? [named.join(', ')] : named), ...groups]);
}

export function unusualNote(origins: readonly ChangedOrigin[]): string {
  const unusual = origins.filter(({ isUsual }) => !isUsual);
  if (unusual.length === 0) return '';
  if (unusual.length === origins.length)
    return `; no browser sends ${unusual.length > 1 ? 'these origins' : 'this origin'}`;
  return `; no browser sends ${list(unusual.slice(0, MOST).map(({ origin }) => origin))}`;
}

/** `a, b and c`. */
export function list(items: readonly string[]): string {
  const [last = '', ...others] = [...items].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}
