import { allowedNamesRegex, refusedNameRegex, usualNamesRegex } from './names.ts';
import type { Chain, Verdict } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_HEADERS, ASKED_METHOD, ORIGIN, type Variables } from './variables.ts';

/**
 * Rules of a chain that have a map each, which leads to the next. nginx evaluates 100 variables within each other, and takes
 * one more for empty (`ngx_http_variable_depth`): a preflight would be allowed by no rule. The operator's maps need some too.
 */
const NESTED_LIMIT = 5;

/** The maps that compare request headers: one for each chain of rules and each end of a chain. */
export function checksOf(refused: string, v: Variables) {
  const maps = new Map<string, string>();
  const chains = new Map<string, number>();
  const once = (prefix: string, chain: Chain, write: (variable: string) => string): string => {
    const key = chain.map(({ id }) => id).join();
    const number = chains.get(key) ?? chains.size + 1;
    chains.set(key, number);
    const variable = `${prefix}_${number}`;
    if (!maps.has(variable)) maps.set(variable, write(variable));
    return `$${variable}`;
  };
  /** The value for a chain: its first verdict that allows the request headers. */
  const valueFor = (chain: Chain): string => {
    const [first, ...rest] = chain;
    if (first === undefined) return refused;
    if (!('rule' in first)) return `$${v.openAsked}`;
    if (first.rule.headers.any) return first.id;
    if (chain.length > NESTED_LIMIT) {
      const last = chain.at(-1) ?? first;
      const otherwise = 'rule' in last && !last.rule.headers.any ? refused : valueFor([last]);
      return once(v.names, chain, (variable) => longMap(variable, chain, otherwise));
    }
    return once(v.names, chain, (variable) => headersMap(variable, first, valueFor(rest)));
  };
  /** The same with the method's case, which is to be checked. The origin is compared before. */
  const methodFor = (chain: Chain): string => {
    const [first, ...rest] = chain;
    if (first === undefined || !('rule' in first)) return valueFor(chain);
    return once(v.case, chain, (variable) => firstMap(variable, first, valueFor(rest), refused, false));
  };
  /** The same for a group that the hash found: the case of origin and method is to be checked. */
  const usualFor = (chain: Chain, otherwise: string): string => {
    const [first, ...rest] = chain;
    if (first === undefined || !('rule' in first)) return otherwise;
    return once(v.usual, chain, (variable) => firstMap(variable, first, valueFor(rest), otherwise, true));
  };
  return { methodFor, usualFor, maps: () => [...maps.values()] };
}

const headersMap = (variable: string, verdict: Verdict, next: string): string =>
  mapBlock(
    `,${ASKED_HEADERS}`,
    variable,
    [[',', verdict.id], refusedRow(verdict, next), [DEFAULT, verdict.id]],
    `A request header that rule ${verdict.numbers[0]} does not allow.`,
  );

/** All rules of a chain in one map, in their order. It compares the whole list with each rule. */
const longMap = (variable: string, chain: Chain, otherwise: string): string =>
  mapBlock(
    `,${ASKED_HEADERS}`,
    variable,
    [
      ...chain.flatMap((link): readonly Row[] =>
        'rule' in link && !link.rule.headers.any
          ? [[{ regex: `^${allowedNamesRegex(link.rule)}` }, link.id]]
          : [],
      ),
      [DEFAULT, otherwise],
    ],
    'The first rule that allows all request headers.',
  );

/** A method in capitals, an origin without, and request headers as browsers write them; then each that may be wrong. */
const firstMap = (
  variable: string,
  verdict: Verdict,
  next: string,
  otherwise: string,
  comparesOrigin: boolean,
): string => {
  const before = comparesOrigin ? '[A-Z]+ [^A-Z,]*' : '[A-Z]+';
  const usual: Row = [{ regex: `^${before}${usualNamesRegex(verdict.rule)}` }, verdict.id];
  return mapBlock(
    `${ASKED_METHOD}${comparesOrigin ? ` ${ORIGIN}` : ''},${ASKED_HEADERS}`,
    variable,
    verdict.rule.headers.any
      ? [usual, [DEFAULT, otherwise]]
      : [usual, [{ regex: `^(?!${before},)` }, otherwise], refusedRow(verdict, next), [DEFAULT, verdict.id]],
    `What rule ${verdict.numbers[0]} allows; ${comparesOrigin ? 'an origin or a method' : 'a method'} in another case; a request header that it does not allow.`,
  );
};

const refusedRow = ({ rule }: Verdict, next: string): Row => [
  { regex: refusedNameRegex(rule), ignoresCase: true },
  next,
];
