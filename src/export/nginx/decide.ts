import { METHODS } from '../../cors/rule.ts';
import { headersRegex } from './names.ts';
import type { Chain, OpenRule, Tables } from './tables.ts';
import { DEFAULT, escaped, mapBlock, type Row } from './text.ts';
import { ASKED_HEADERS, ASKED_METHOD, METHOD, ORIGIN, type Variables } from './variables.ts';
import { OTHER, whoMaps } from './who.ts';

/** Characters of the patterns in one regular expression. */
const PATTERNS_LIMIT = 1_000;

/** Rows for each group and method; `value` is null for what has the default. */
function rowsOf(
  tables: Tables,
  methods: readonly string[],
  chainValue: (chain: Chain) => string,
  openValue: string,
): readonly Row[] {
  const groups = [
    ...tables.groups,
    ...(tables.others === null ? [] : [{ id: OTHER, chains: tables.others }]),
  ];
  const named = groups.flatMap(({ id, chains }) =>
    methods.flatMap((method) => {
      const chain = chains.get(method) ?? [];
      return chain.length === 0 ? [] : [[`${id} ${method}`, chainValue(chain)] as const];
    }),
  );
  const open = methods.filter((method) =>
    tables.open.some(({ planned }) => planned.rule.methods.has(method)),
  );
  return [...named, ...open.map((method) => [`${OTHER} ${method}`, openValue] as const)];
}

/**
 * The maps that decide, in the order in which nginx reads them: each uses those above. `refused` is the value for a
 * preflight that no rule allows. nginx evaluates a map only where its variable is used, and once in a request.
 */
export function decisionMaps(tables: Tables, refused: string, v: Variables): readonly string[] {
  const depends = METHODS.filter((method) => !tables.constants.has(method));
  const chains = new Map<string, { readonly variable: string; readonly chain: Chain }>();
  const headersOf = (chain: Chain): string => {
    const key = chain.map(({ id }) => id).join(' ');
    const known = chains.get(key) ?? { variable: `${v.headers}_${chains.size + 1}`, chain };
    chains.set(key, known);
    return `$${known.variable}`;
  };
  const actual = rowsOf(tables, depends, ([first]) => first?.id ?? '', `$${v.open}`);
  const asked = rowsOf(tables, METHODS, headersOf, `$${v.openAsked}`);
  const usesOther = [...actual, ...asked].some(([key]) => String(key).startsWith(OTHER));
  const rule: readonly Row[] = [
    ['OPTIONS', asked.length === 0 ? refused : `$${v.asked}`],
    ...[...tables.constants].map(([method, { id }]) => [method, id] as const),
    ...(actual.length === 0 ? [] : [[DEFAULT, `$${v.actual}`] as const]),
  ];
  return [
    ...(asked.length === 0 ? [] : whoMaps(tables, usesOther, v)),
    ...(actual.some(([, value]) => value === `$${v.open}`) ? [openMap(tables.open, depends, v)] : []),
    ...(tables.open.length === 0 ? [] : [openAskedMap(tables.open, refused, v)]),
    ...[...chains.values()].map(({ variable, chain }, at) => headersMap(variable, chain, refused, at === 0)),
    ...(asked.length === 0
      ? []
      : [
          mapBlock(
            `$${v.who} ${ASKED_METHOD}`,
            v.asked,
            [...asked, [DEFAULT, refused]],
            'Preflights: the rules for an origin and the method that it asks for.',
          ),
        ]),
    ...(actual.length === 0
      ? []
      : [
          mapBlock(
            `$${v.who} ${METHOD}`,
            v.actual,
            actual,
            'Other requests: the rule for an origin and a method.',
          ),
        ]),
    mapBlock(METHOD, v.rule, rule, 'The rule that applies, or the status of a refusal.'),
  ];
}

/** Whether the rules of a chain allow the request headers. The look-up of the method ignored its case. */
const headersMap = (variable: string, chain: Chain, refused: string, isFirst: boolean): string =>
  mapBlock(
    `${ASKED_METHOD} ${ASKED_HEADERS}`,
    variable,
    [
      ...chain.map(({ id, rule }) => [{ regex: `^[A-Z]+ ${headersRegex(rule)}` }, id] as const),
      [DEFAULT, refused],
    ],
    isFirst ? 'The request headers that a preflight asks for, and the method in capitals.' : '',
  );

/** In the order of the rules, which a map with regular expressions follows. The origin has no blank. */
const openMap = (open: readonly OpenRule[], methods: readonly string[], v: Variables): string =>
  mapBlock(
    `${METHOD} ${ORIGIN}`,
    v.open,
    open.flatMap(({ planned, verdict }) => {
      const asked = methods.filter((method) => planned.rule.methods.has(method));
      if (asked.length === 0) return [];
      return originRegexes(planned).map(
        (regex) => [{ regex: `^${anyOf(asked)} ${regex}$` }, verdict.id] as const,
      );
    }),
    'Origins that a wildcard matches, in the order of the rules.',
  );

const openAskedMap = (open: readonly OpenRule[], refused: string, v: Variables): string =>
  mapBlock(
    `${ASKED_METHOD} ${ORIGIN} ${ASKED_HEADERS}`,
    v.openAsked,
    [
      ...open.flatMap(({ planned, verdict }) =>
        originRegexes(planned).map((regex): Row => {
          const before = `^${anyOf([...planned.rule.methods])} ${regex} `;
          return [{ regex: `${before}${headersRegex(planned.rule)}` }, verdict.id];
        }),
      ),
      [DEFAULT, refused],
    ],
    'The same for their preflights, with the request headers.',
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
