import { METHODS } from '../../cors/rule.ts';
import { checksOf } from './headers.ts';
import { openAskedMap, openMap } from './open.ts';
import type { Chain, OriginGroup, Tables } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_METHOD, METHOD, type Variables } from './variables.ts';
import { askerMap, listedMap, OTHER, unlistedMap, whoMap } from './who.ts';

type NamedRow = readonly [key: string, value: string];

/**
 * The maps that decide. `refused` is the value for a preflight that no rule allows. nginx evaluates a map only where its
 * variable is used, and once in a request.
 */
export function decisionMaps(tables: Tables, refused: string, v: Variables): readonly string[] {
  const depends = METHODS.filter((method) => !tables.constants.has(method));
  const actual = [
    ...groupRows(tables.groups, depends, ([first]) => first?.id ?? ''),
    ...otherRows(tables, depends, ([first]) => first?.id ?? '', `$${v.open}`),
  ];
  const preflights = preflightMaps(tables, refused, v);
  const rule: readonly Row[] = [
    ['OPTIONS', preflights.value],
    ...[...tables.constants].map(([method, { id }]): Row => [method, id]),
    ...(actual.length === 0 ? [] : [[DEFAULT, `$${v.actual}`] as const]),
  ];
  const usesOther = actual.some(([key]) => key.startsWith(OTHER));
  const other = usesOther ? `$${v.unlisted}` : OTHER;
  const hasListed = tables.groups.some(({ hasCapitals }) => !hasCapitals);
  const opens = actual.some(([, value]) => value === `$${v.open}`);
  return [
    ...(usesOther ? [unlistedMap(v)] : []),
    ...(hasListed ? [listedMap(tables.groups, other, v)] : []),
    ...(actual.length === 0
      ? []
      : [
          whoMap(tables.groups, hasListed ? `$${v.listed}` : other, other, v),
          ...(opens ? [openMap(tables.open, depends, v)] : []),
          mapBlock(`$${v.who} ${METHOD}`, v.actual, actual, 'The rule for an origin and a method.'),
        ]),
    ...preflights.maps,
    mapBlock(METHOD, v.rule, rule, 'The rule that applies, or the status of a refusal.'),
  ];
}

/**
 * The maps for preflights, and the value of the last. Named origins take the short way: two look-ups in a hash and one
 * regular expression. It leads others, and those that have a wrong case, to the second table.
 */
function preflightMaps(
  tables: Tables,
  refused: string,
  v: Variables,
): { readonly value: string; readonly maps: readonly string[] } {
  const checks = checksOf(refused, v);
  const capitals = tables.groups.filter(({ hasCapitals }) => hasCapitals);
  const others = [
    ...groupRows(capitals, METHODS, checks.valueFor),
    ...otherRows(tables, METHODS, checks.valueFor, `$${v.openAsked}`),
  ];
  const otherValue = others.length === 0 ? refused : `$${v.askedOther}`;
  const listed = tables.groups.filter(({ hasCapitals }) => !hasCapitals);
  const named = groupRows(listed, METHODS, (chain) => checks.usualFor(chain, otherValue));
  const usesOther = others.some(([key]) => key.startsWith(OTHER));
  return {
    value: named.length === 0 ? otherValue : `$${v.asked}`,
    maps: [
      ...(others.length === 0 ? [] : [askerMap(tables.groups, usesOther, v)]),
      ...(tables.open.length === 0 ? [] : [openAskedMap(tables.open, refused, v)]),
      ...checks.maps(),
      ...(others.length === 0 ? [] : [askedMap(v.asker, v.askedOther, others, refused)]),
      ...(named.length === 0 ? [] : [askedMap(v.listed, v.asked, named, otherValue)]),
    ],
  };
}

const askedMap = (who: string, variable: string, rows: readonly Row[], otherwise: string): string =>
  mapBlock(
    `$${who} ${ASKED_METHOD}`,
    variable,
    [...rows, [DEFAULT, otherwise]],
    'Preflights: the rules for an origin and the method that it asks for.',
  );

/** Rows for each group and method that has rules. */
const groupRows = (
  groups: readonly Pick<OriginGroup, 'id' | 'chains'>[],
  methods: readonly string[],
  valueFor: (chain: Chain) => string,
): readonly NamedRow[] =>
  groups.flatMap(({ id, chains }) =>
    methods.flatMap((method): readonly NamedRow[] => {
      const chain = chains.get(method) ?? [];
      return chain.length === 0 ? [] : [[`${id} ${method}`, valueFor(chain)]];
    }),
  );

/** The same for origins that no entry names. */
function otherRows(
  { others, open }: Tables,
  methods: readonly string[],
  valueFor: (chain: Chain) => string,
  openValue: string,
): readonly NamedRow[] {
  if (others !== null) return groupRows([{ id: OTHER, chains: others }], methods, valueFor);
  const listing = methods.filter((method) => open.some(({ planned }) => planned.rule.methods.has(method)));
  return listing.map((method) => [`${OTHER} ${method}`, openValue]);
}
