import { escapeSpecial as escaped } from '../regex.ts';
import type { OriginGroup } from './tables.ts';
import { DEFAULT, mapBlock, type RegExpText, type Row } from './text.ts';
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

/**
 * The group of a named origin. A hash costs the same for one origin and for a thousand, but ignores case: what uses it
 * must check the case. An origin that the hash does not take is a regular expression.
 */
export function listedMap(groups: readonly OriginGroup[], other: string, v: Variables): string {
  const named = groups
    .filter(({ hasCapitals }) => !hasCapitals)
    .flatMap(({ id, origins }) => origins.map((origin) => [origin, id] as const));
  const isShort = ([origin]: readonly [string, string]) => origin.length <= KEY_LIMIT;
  return mapBlock(
    ORIGIN,
    v.listed,
    [
      ...(other === OTHER ? [] : [['', NONE] as const]),
      ...named.filter(isShort),
      ...named.filter((one) => !isShort(one)).map(([origin, id]): Row => [wholly(origin), id]),
      [DEFAULT, other],
    ],
    'Origins that rules name.',
  );
}

/** The group of an origin that no rule names. */
export const unlistedMap = (v: Variables): string =>
  mapBlock(
    ORIGIN,
    v.unlisted,
    [
      ['', NONE],
      [{ regex: '[\\s,]' }, LIST],
      [DEFAULT, OTHER],
    ],
    'Several origins are no origin.',
  );

/** The group of any origin: origins with capitals are others than those that the hash found for them. */
export const whoMap = (
  groups: readonly OriginGroup[],
  isListed: string,
  other: string,
  v: Variables,
): string =>
  mapBlock(
    ORIGIN,
    v.who,
    isListed === other
      ? [...capitals(groups, ''), [DEFAULT, other]]
      : [...capitals(groups, ''), [{ regex: '[A-Z]' }, other], [DEFAULT, isListed]],
    'Who asks. A map ignores case, but case distinguishes origins.',
  );

/** The group of an origin that the hash does not find, for preflights that ask for a method in capitals. */
export const askerMap = (groups: readonly OriginGroup[], usesOther: boolean, v: Variables): string =>
  mapBlock(
    `${ASKED_METHOD} ${ORIGIN}`,
    v.asker,
    [
      ...capitals(groups, '[A-Z]+ '),
      ...(usesOther ? [[{ regex: '^[A-Z]+ [^\\s,]+$' }, OTHER] as const] : []),
    ],
    'Who asks by a preflight, if the map of named origins does not find it. Rules list methods in capitals.',
  );

const capitals = (groups: readonly OriginGroup[], before: string): readonly Row[] =>
  groups
    .filter(({ hasCapitals }) => hasCapitals)
    .flatMap(({ id, origins }) => origins.map((origin): Row => [wholly(origin, before), id]));

const wholly = (origin: string, before = ''): RegExpText => ({ regex: `^${before}${escaped(origin)}$` });
