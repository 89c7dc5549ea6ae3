import { refusedNameRegex, usualNamesRegex } from './names.ts';
import type { Chain, Verdict } from './tables.ts';
import { DEFAULT, mapBlock, type Row } from './text.ts';
import { ASKED_HEADERS, ASKED_METHOD, ORIGIN, type Variables } from './variables.ts';

/** The maps that compare request headers: one for each chain of rules and each end of a chain. */
export function checksOf(refused: string, v: Variables) {
  const maps = new Map<string, string>();
  const once = (prefix: string, chain: Chain, write: (variable: string) => string): string => {
    const variable = `${prefix}_${chain.map(({ id }) => id).join('_')}`;
    if (!maps.has(variable)) maps.set(variable, write(variable));
    return `$${variable}`;
  };
  /** The value for a chain: its first verdict that allows the request headers. */
  const valueFor = (chain: Chain): string => {
    const [first, ...rest] = chain;
    if (first === undefined) return refused;
    if (!('rule' in first)) return `$${v.openAsked}`;
    if (first.rule.headers.any) return first.id;
    return once(v.headers, chain, (variable) => headersMap(variable, first, valueFor(rest)));
  };
  /** The same with the method's case, which is to be checked. The origin is compared before. */
  const methodFor = (chain: Chain): string => {
    const [first, ...rest] = chain;
    if (first === undefined || !('rule' in first)) return valueFor(chain);
    return once(v.allowed, chain, (variable) => firstMap(variable, first, valueFor(rest), refused, false));
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
