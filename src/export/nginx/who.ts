import type { Tables } from './tables.ts';
import { DEFAULT, escaped, mapBlock, type RegExpText, type Row } from './text.ts';
import { ASKED_METHOD, ORIGIN, type Variables } from './variables.ts';

/** Groups beside those of the named origins. */
export const OTHER = 'other';
const NONE = 'none';
const LIST = 'list';

/**
 * Characters of a key that nginx's hash takes with its default bucket of 64 bytes: two pointers, the length and the end
 * take the others (`NGX_HASH_ELT_SIZE`). nginx does not start with a longer one.
 */
const KEY_LIMIT = 46;

type Named = readonly [origin: string, group: string];

const hasCapital = ([origin]: Named): boolean => /[A-Z]/.test(origin);
const isShort = ([origin]: Named): boolean => origin.length <= KEY_LIMIT;

/**
 * The maps that find the group of an origin. A hash finds the named ones, which costs the same for one and for a thousand,
 * but ignores case: one regular expression before it leaves out origins with capitals. Entries with capitals, and those
 * that the hash does not take, are regular expressions themselves.
 */
export function whoMaps(
  { groups }: Tables,
  usesOther: boolean,
  hasActual: boolean,
  v: Variables,
): readonly string[] {
  const named = groups.flatMap(({ id, origins }) => origins.map((origin): Named => [origin, id]));
  const lower = named.filter((one) => !hasCapital(one));
  const other = usesOther ? `$${v.unlisted}` : OTHER;
  const unlisted: readonly Row[] = [
    ['', NONE],
    [{ regex: '[\\s,]' }, LIST],
    [DEFAULT, OTHER],
  ];
  const listed: readonly Row[] = [
    ...(usesOther ? [['', NONE] as const] : []),
    ...lower.filter(isShort),
    ...lower.filter((one) => !isShort(one)).map(([origin, id]): Row => [wholly(origin), id]),
    [DEFAULT, other],
  ];
  const isListed = lower.length === 0 ? other : `$${v.listed}`;
  const who: readonly Row[] =
    named.length === 0
      ? [[DEFAULT, other]]
      : [...capitals(named, ''), [{ regex: '[A-Z]' }, other], [DEFAULT, isListed]];
  return [
    ...(usesOther ? [mapBlock(ORIGIN, v.unlisted, unlisted, 'Several origins are no origin.')] : []),
    ...(lower.length === 0 ? [] : [mapBlock(ORIGIN, v.listed, listed, 'Origins that rules name.')]),
    ...(hasActual
      ? [mapBlock(ORIGIN, v.who, who, 'Who asks. A map ignores case, but case distinguishes origins.')]
      : []),
    mapBlock(
      `${ASKED_METHOD} ${ORIGIN}`,
      v.asker,
      [
        ...capitals(named, '[A-Z]+ '),
        ...(lower.length === 0 ? [] : [[{ regex: '^[A-Z]+ [^A-Z]*$' }, isListed] as const]),
        [{ regex: '^[A-Z]+ ' }, other],
      ],
      'Who asks by a preflight. No rule lists a method that is not in capitals.',
    ),
  ];
}

const capitals = (named: readonly Named[], before: string): readonly Row[] =>
  named.filter(hasCapital).map(([origin, id]) => [wholly(origin, before), id]);

const wholly = (origin: string, before = ''): RegExpText => ({ regex: `^${before}${escaped(origin)}$` });
