import { escapeSpecial as escaped } from '../regex.ts';
import { patternRegexes } from './open.ts';
import type { OriginGroup, WildGroup } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { HASH_LIMIT, ORIGIN, type Variables } from './variables.ts';

/** Groups beside those of the named origins. */
export const OTHER = 'other';
const NONE = 'none';
const LIST = 'list';

/**
 * The group of a named origin. A hash costs the same for one origin and for a thousand, but ignores case: what uses it
 * must check the case. An origin that the hash does not take is a regular expression.
 */
export function listedMap(groups: readonly OriginGroup[], other: string, v: Variables): string {
  const named = groups
    .filter(({ hasCapitals }) => !hasCapitals)
    .flatMap(({ id, origins }) => origins.map((origin) => [origin, id] as const));
  const isShort = ([origin]: readonly [string, string]) => origin.length <= HASH_LIMIT;
  return mapBlock(
    ORIGIN,
    v.listed,
    [
      ...named.filter(isShort),
      ...named.filter((one) => !isShort(one)).map(([origin, id]): Row => [wholly(origin), id]),
      ...(other === '' ? [] : [[DEFAULT, other] as const]),
    ],
    'Origins that rules name.',
  );
}

/** The group of an origin that no rule names. `usesOther`: a rule matches any origin. */
export const unlistedMap = (wild: readonly WildGroup[], usesOther: boolean, v: Variables): string =>
  mapBlock(
    ORIGIN,
    v.unlisted,
    [
      ...(usesOther ? [['', NONE] as const] : []),
      ...wild.flatMap(({ id, patterns }) =>
        patternRegexes(patterns, '[^\\s,]*').map((regex): Row => [{ regex: `^${regex}$` }, id]),
      ),
      ...(usesOther
        ? ([
            [{ regex: '[\\s,]' }, LIST],
            [DEFAULT, OTHER],
          ] as const)
        : []),
    ],
    wild.length > 0
      ? 'Other origins, by wildcards. Several origins are no origin.'
      : 'Several origins are no origin.',
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
    [
      ...capitals(groups),
      ...(isListed === other ? [] : [[{ regex: '[A-Z]' }, other] as const]),
      ...(isListed === '' ? [] : [[DEFAULT, isListed] as const]),
    ],
    'Who asks. A map ignores case, but case distinguishes origins.',
  );

const capitals = (groups: readonly OriginGroup[]): readonly Row[] =>
  groups
    .filter(({ hasCapitals }) => hasCapitals)
    .flatMap(({ id, origins }) => origins.map((origin): Row => [wholly(origin), id]));

const wholly = (origin: string) => ({ regex: `^${escaped(origin)}$` });
