import type { Tables } from './tables.ts';
import { DEFAULT, escaped, mapBlock, type Row } from './text.ts';
import { ORIGIN, type Variables } from './variables.ts';

/** Groups beside those of the named origins. */
export const OTHER = 'other';
const NONE = 'none';
const LIST = 'list';

/**
 * Characters of a key that nginx's hash takes with its default bucket of 64 bytes: two pointers, the length and the end
 * take the others (`NGX_HASH_ELT_SIZE`). nginx does not start with a longer one.
 */
const KEY_LIMIT = 46;

/**
 * The maps that find the group of an origin. A hash finds the named ones, which costs the same for one and for a thousand,
 * but ignores case: one regular expression before it leaves out origins with capitals. Entries with capitals, and those
 * that the hash does not take, are regular expressions themselves.
 */
export function whoMaps({ groups }: Tables, usesOther: boolean, v: Variables): readonly string[] {
  const unlisted = mapBlock(
    ORIGIN,
    groups.length === 0 ? v.who : v.unlisted,
    [
      ['', NONE],
      [{ regex: '[\\s,]' }, LIST],
      [DEFAULT, OTHER],
    ],
    'Several origins are no origin.',
  );
  if (groups.length === 0) return [unlisted];
  const other = usesOther ? `$${v.unlisted}` : OTHER;
  const named = groups.flatMap(({ id, origins }) => origins.map((origin) => [origin, id] as const));
  const asRegex = ([origin, id]: readonly [string, string]): Row => [{ regex: `^${escaped(origin)}$` }, id];
  const hasCapital = ([origin]: readonly [string, string]) => /[A-Z]/.test(origin);
  const isShort = ([origin]: readonly [string, string]) => origin.length <= KEY_LIMIT;
  const lower = named.filter((one) => !hasCapital(one));
  const who: readonly Row[] = [
    ...named.filter(hasCapital).map(asRegex),
    [{ regex: '[A-Z]' }, other],
    [DEFAULT, lower.length === 0 ? other : `$${v.listed}`],
  ];
  const listed: readonly Row[] = [
    ...(usesOther ? [['', NONE] as const] : []),
    ...lower.filter(isShort),
    ...lower.filter((one) => !isShort(one)).map(asRegex),
    [DEFAULT, other],
  ];
  return [
    ...(usesOther ? [unlisted] : []),
    ...(lower.length === 0 ? [] : [mapBlock(ORIGIN, v.listed, listed, 'Who asks.')]),
    mapBlock(ORIGIN, v.who, who, 'A map ignores case; an origin does not match in another case.'),
  ];
}
