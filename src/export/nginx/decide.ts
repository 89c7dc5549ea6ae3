import { METHODS } from '../../cors/rule.ts';
import { checksOf } from './headers.ts';
import { openAskedMap, openMap } from './open.ts';
import { type Chain, type OriginGroup, type Tables, UNSURE } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_METHOD, METHOD, type Variables } from './variables.ts';
import { listedMap, OTHER, unlistedMap, whoMap } from './who.ts';

/** The variables that have the group of an origin; empty: no origin has one. */
interface Groups {
  /** Of an origin in lower case that entries name; of others that of `unlisted`. */
  readonly listed: string;
  /** Of any origin. */
  readonly who: string;
  readonly maps: readonly string[];
}

/**
 * The maps that decide. `refused` is the value for a preflight that no rule allows. nginx evaluates a map only where its
 * variable is used, and once in a request.
 */
export function decisionMaps(tables: Tables, refused: string, v: Variables): readonly string[] {
  const depends = METHODS.filter((method) => !tables.constants.has(method));
  const idOf = ([first]: Chain) => (first === UNSURE ? `$${v.open}` : (first?.id ?? ''));
  const actual = [...groupRows(tables.groups, depends, idOf), ...unlistedRows(tables, depends, idOf)];
  const groups = groupMaps(tables, v);
  const preflights = preflightMaps(tables, groups, refused, v);
  const rule: readonly Row[] = [
    ['OPTIONS', preflights.value],
    ...[...tables.constants].map(([method, { id }]): Row => [method, id]),
    ...(actual.length === 0 ? [] : [[DEFAULT, `$${v.actual}`] as const]),
  ];
  const opens = actual.some(([, value]) => value === `$${v.open}`);
  return [
    ...groups.maps,
    ...(opens ? [openMap(tables.open, depends, v)] : []),
    ...(actual.length === 0
      ? []
      : [mapBlock(`${groups.who} ${METHOD}`, v.actual, actual, 'The rule for an origin and a method.')]),
    ...preflights.maps,
    mapBlock(METHOD, v.rule, rule, 'The rule that applies, or why a preflight is refused.'),
  ];
}

function groupMaps({ groups, wild, others }: Tables, v: Variables): Groups {
  const usesOther = [...others.values()].some((chain) => chain.length > 0);
  const unlisted = usesOther || wild.length > 0 ? `$${v.unlisted}` : '';
  const hasListed = groups.some(({ hasCapitals }) => !hasCapitals);
  const listed = hasListed ? `$${v.listed}` : unlisted;
  return {
    listed,
    who: groups.length > 0 ? `$${v.who}` : unlisted,
    maps: [
      ...(unlisted === '' ? [] : [unlistedMap(wild, usesOther, v)]),
      ...(hasListed ? [listedMap(groups, unlisted, v)] : []),
      ...(groups.length > 0 ? [whoMap(groups, listed, unlisted, v)] : []),
    ],
  };
}

/**
 * The maps for preflights, and the value of the last. Named origins take the short way: two look-ups in a hash and one
 * regular expression. It leads those that have a wrong case to the second table, which also has the origins that the
 * first look-up cannot distinguish.
 */
function preflightMaps(
  tables: Tables,
  { listed, who }: Groups,
  refused: string,
  v: Variables,
): { readonly value: string; readonly maps: readonly string[] } {
  const checks = checksOf(refused, v);
  const capitals = tables.groups.filter(({ hasCapitals }) => hasCapitals);
  const small = tables.groups.filter(({ hasCapitals }) => !hasCapitals);
  const unlisted = unlistedRows(tables, METHODS, checks.methodFor);
  const exact = [...groupRows(capitals, METHODS, checks.methodFor), ...unlisted];
  const opens = tables.open.length === 0 ? [] : [openAskedMap(tables.open, refused, v)];
  if (small.length === 0) {
    if (exact.length === 0) return { value: refused, maps: [] };
    return {
      value: `$${v.asked}`,
      maps: [...opens, ...checks.maps(), askedMap(who, v.asked, exact, refused)],
    };
  }
  const otherwise = exact.length === 0 ? refused : `$${v.askedOther}`;
  const named = [
    ...groupRows(small, METHODS, (chain) => checks.usualFor(chain, otherwise)),
    ...(capitals.length === 0 ? unlisted : []),
  ];
  return {
    value: `$${v.asked}`,
    maps: [
      ...opens,
      ...checks.maps(),
      ...(exact.length === 0 ? [] : [askedMap(who, v.askedOther, exact, refused)]),
      askedMap(listed, v.asked, named, otherwise),
    ],
  };
}

const askedMap = (who: string, variable: string, rows: readonly Row[], otherwise: string): string =>
  mapBlock(
    `${who} ${ASKED_METHOD}`,
    variable,
    [...rows, [DEFAULT, otherwise]],
    'Preflights: the rules for an origin and the method that it asks for.',
  );

/** Rows for each group and method that has rules. */
function groupRows(
  groups: readonly Pick<OriginGroup, 'id' | 'chains'>[],
  methods: readonly string[],
  valueFor: (chain: Chain) => string,
): readonly Row[] {
  const rows = groups.flatMap(({ id, chains }) =>
    methods.flatMap((method): readonly [string, string][] => {
      const chain = chains.get(method) ?? [];
      return chain.length === 0 ? [] : [[`${id} ${method}`, valueFor(chain)]];
    }),
  );
  return [...new Map(rows)];
}

/** The same for origins that no entry names. */
const unlistedRows = (
  { wild, others }: Tables,
  methods: readonly string[],
  valueFor: (chain: Chain) => string,
): readonly Row[] => groupRows([...wild, { id: OTHER, chains: others }], methods, valueFor);
