import { METHODS } from '../../cors/rule.ts';
import { allowedNamesRegex, refusedNameRegex } from './names.ts';
import type { Chain, OpenRule, Tables, Verdict } from './tables.ts';
import { DEFAULT, escaped, mapBlock, type Row } from './text.ts';
import { ASKED_HEADERS, ASKED_METHOD, METHOD, ORIGIN, type Variables } from './variables.ts';
import { OTHER, whoMaps } from './who.ts';

/** Characters of the patterns in one regular expression. */
const PATTERNS_LIMIT = 1_000;

type NamedRow = readonly [key: string, value: string];

/**
 * The maps that decide. `refused` is the value for a preflight that no rule allows. nginx evaluates a map only where its
 * variable is used, and once in a request.
 */
export function decisionMaps(tables: Tables, refused: string, v: Variables): readonly string[] {
  const depends = METHODS.filter((method) => !tables.constants.has(method));
  const checks = checksOf(refused, v);
  const actual = rowsOf(tables, depends, ([first]) => first?.id ?? '', `$${v.open}`);
  const asked = rowsOf(tables, METHODS, checks.valueFor, `$${v.openAsked}`);
  const rule: readonly Row[] = [
    ['OPTIONS', asked.length === 0 ? refused : `$${v.asked}`],
    ...[...tables.constants].map(([method, { id }]): Row => [method, id]),
    ...(actual.length === 0 ? [] : [[DEFAULT, `$${v.actual}`] as const]),
  ];
  const decides = mapBlock(METHOD, v.rule, rule, 'The rule that applies, or the status of a refusal.');
  if (asked.length === 0) return [decides];
  const usesOther = [...actual, ...asked].some(([key]) => key.startsWith(OTHER));
  return [
    ...whoMaps(tables, usesOther, actual.length > 0, v),
    ...(actual.some(([, value]) => value === `$${v.open}`) ? [openMap(tables.open, depends, v)] : []),
    ...(actual.length === 0
      ? []
      : [mapBlock(`$${v.who} ${METHOD}`, v.actual, actual, 'The rule for an origin and a method.')]),
    ...(tables.open.length === 0 ? [] : [openAskedMap(tables.open, refused, v)]),
    ...checks.maps(),
    mapBlock(
      `$${v.asker} ${ASKED_METHOD}`,
      v.asked,
      [...asked, [DEFAULT, refused]],
      'Preflights: the rules for an origin and the method that it asks for.',
    ),
    decides,
  ];
}

/** Rows for each group and method that has rules. */
function rowsOf(
  { groups, others, open }: Tables,
  methods: readonly string[],
  chainValue: (chain: Chain) => string,
  openValue: string,
): readonly NamedRow[] {
  const named = others === null ? groups : [...groups, { id: OTHER, chains: others }];
  const isOpen = (method: string) => open.some(({ planned }) => planned.rule.methods.has(method));
  return [
    ...named.flatMap(({ id, chains }) =>
      methods.flatMap((method): readonly NamedRow[] => {
        const chain = chains.get(method) ?? [];
        return chain.length === 0 ? [] : [[`${id} ${method}`, chainValue(chain)]];
      }),
    ),
    ...methods.filter(isOpen).map((method): NamedRow => [`${OTHER} ${method}`, openValue]),
  ];
}

/** The maps that compare request headers, one for each chain of rules and each end of a chain. */
function checksOf(refused: string, v: Variables) {
  const maps = new Map<string, string>();
  const valueFor = (chain: Chain): string => {
    const [first, ...rest] = chain;
    if (first === undefined) return refused;
    if (first.rule.headers.any) return first.id;
    const variable = `${v.headers}_${chain.map(({ id }) => id).join('_')}`;
    if (!maps.has(variable)) maps.set(variable, headersMap(variable, first, valueFor(rest)));
    return `$${variable}`;
  };
  return { valueFor, maps: () => [...maps.values()] };
}

/** The verdict if its rules allow the request headers, else `next`. */
const headersMap = (variable: string, { id, rule, numbers }: Verdict, next: string): string =>
  mapBlock(
    `,${ASKED_HEADERS}`,
    variable,
    [
      [',', id],
      [{ regex: refusedNameRegex(rule), ignoresCase: true }, next],
      [DEFAULT, id],
    ],
    `A request header that rule ${numbers[0]} does not allow.`,
  );

/** In the order of the rules, in which nginx compares regular expressions. The origin has no blank. */
const openMap = (open: readonly OpenRule[], methods: readonly string[], v: Variables): string =>
  mapBlock(
    `${METHOD} ${ORIGIN}`,
    v.open,
    open.flatMap(({ planned, verdict }) => {
      const listed = methods.filter((method) => planned.rule.methods.has(method));
      if (listed.length === 0) return [];
      return originRegexes(planned).map((regex): Row => {
        return [{ regex: `^${anyOf(listed)} ${regex}$` }, verdict.id];
      });
    }),
    'Origins that a wildcard matches, in the order of the rules.',
  );

const openAskedMap = (open: readonly OpenRule[], refused: string, v: Variables): string =>
  mapBlock(
    `${ASKED_METHOD} ${ORIGIN} ,${ASKED_HEADERS}`,
    v.openAsked,
    [
      ...open.flatMap(({ planned, verdict }) =>
        originRegexes(planned).map((regex): Row => {
          const before = `^${anyOf([...planned.rule.methods])} ${regex} `;
          return [{ regex: `${before}${allowedNamesRegex(planned.rule)}` }, verdict.id];
        }),
      ),
      [DEFAULT, refused],
    ],
    'The same for their preflights: no request header may be one that the rule does not allow.',
  );

/** Regular expressions for the origins that a rule matches by a wildcard, several patterns in one. */
function originRegexes({ rule, patterns }: OpenRule['planned']): readonly string[] {
  if (rule.origins.any) return ['[^ ]+'];
  const found: string[][] = [];
  for (const { prefix, suffix } of patterns) {
    const regex = `${escaped(prefix)}[^ ]*${escaped(suffix)}`;
    const last = found.at(-1);
    if (last === undefined || last.join('|').length + regex.length > PATTERNS_LIMIT) found.push([regex]);
    else last.push(regex);
  }
  return found.map(anyOf);
}

const anyOf = (regexes: readonly string[]): string =>
  regexes.length === 1 ? (regexes[0] ?? '') : `(?:${regexes.join('|')})`;
