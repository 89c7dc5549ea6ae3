import { answer } from '../../cors/answer.ts';
import type { CompiledRule, CompiledRules } from '../../cors/compile.ts';
import * as names from '../../cors/names.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { headerKey } from './names.ts';
import { wildcardsOf } from './wildcards.ts';

/** The headers of an answer and the request headers that it needs. Rules with the same share one. */
export interface Verdict {
  /** `r1`: the value of the map that decides. */
  readonly id: string;
  /** One of the rules that it stands for. */
  readonly rule: CompiledRule;
  /** Numbers of the rules. */
  readonly numbers: readonly number[];
  /** By name. Allow-Origin is `*`, or `ECHO` for the request's own. */
  readonly headers: ReadonlyMap<string, string>;
}

/** In place of an origin: entries cannot have it, because a document is trimmed. */
export const ECHO = '\n';

/** Origins that every rule treats alike. */
export interface OriginGroup {
  /** `o1`. */
  readonly id: string;
  readonly origins: readonly string[];
  /** Whether the origins have capitals. A group has only such, or only others. */
  readonly hasCapitals: boolean;
  /** By method: the verdicts in the order in which they apply. A preflight takes the first that allows its headers. */
  readonly chains: ReadonlyMap<string, Chain>;
}

/** `UNSURE` is only the last. */
export type Chain = readonly (Verdict | typeof UNSURE)[];

/** In place of the rest of a chain that depends on the origin: `open` decides. */
export const UNSURE = { id: 'open' } as const;

/** Origins that a wildcard matches, and no entry names. */
export interface WildGroup {
  /** `w1`. Groups of the same rules have the same. */
  readonly id: string;
  /** The first group with a pattern that matches is the one of an origin. */
  readonly patterns: PlannedRule['patterns'];
  readonly chains: OriginGroup['chains'];
}

/** A rule with `*` in its origins, for the origins that no entry names. */
export interface OpenRule {
  readonly planned: PlannedRule;
  readonly verdict: Verdict;
}

/** What the maps say. */
export interface Tables {
  readonly verdicts: readonly Verdict[];
  readonly groups: readonly OriginGroup[];
  readonly wild: readonly WildGroup[];
  /** The chains of an origin that no entry names or matches by a pattern. */
  readonly others: OriginGroup['chains'];
  /** The rules with `*` in their origins, where a chain is `UNSURE`. */
  readonly open: readonly OpenRule[];
  /** By method: the verdict that an answer to any request has. Methods whose answer depends on the origin are absent. */
  readonly constants: ReadonlyMap<string, Verdict>;
}

/** Divides origins into groups, and asks the engine for the answers to each. */
export function tablesOf(rules: CompiledRules, plan: Plan): Tables {
  const verdicts = new Map<string, Verdict>();
  const verdictOf = (rule: CompiledRule, origin: string): Verdict => {
    const headers = headersOf(rules, rule, origin);
    const key = JSON.stringify([[...headers], headerKey(rule)]);
    const known = verdicts.get(key);
    const numbers = [...new Set([...(known?.numbers ?? []), rule.number])];
    const verdict = { id: known?.id ?? `r${verdicts.size + 1}`, rule: known?.rule ?? rule, headers, numbers };
    verdicts.set(key, verdict);
    return verdict;
  };
  const chainsOf = (met: readonly PlannedRule[], origin: string, perhaps: readonly PlannedRule[] = []) =>
    new Map(
      METHODS.map((method): [string, Chain] => {
        const { chain, isSure } = chainOf(met, perhaps, method);
        const links = chain.map((rule) => verdictOf(rule, origin));
        return [method, isSure ? links : [...links, UNSURE]];
      }),
    );
  const listed = namedOrigins(plan).map((origin) => ({
    origin,
    chains: chainsOf(
      plan.rules.filter(({ rule }) => matchesEntries(rule.origins, origin)),
      origin,
    ),
  }));
  const wild = wildGroups(
    wildcardsOf(plan).map(({ patterns, met, perhaps }) => ({
      patterns,
      chains: chainsOf(met, ECHO, perhaps),
    })),
  );
  const isUnsure = wild.some(({ chains }) => [...chains.values()].some((chain) => chain.includes(UNSURE)));
  const open = plan.rules.filter(({ rule, patterns }) => rule.origins.any || patterns.length > 0);
  return {
    groups: [
      ...Map.groupBy(listed, ({ origin, chains }) => `${/[A-Z]/.test(origin)} ${keyOf(chains)}`).values(),
    ].map((alike, at) => ({
      id: `o${at + 1}`,
      origins: alike.map(({ origin }) => origin),
      hasCapitals: alike.some(({ origin }) => /[A-Z]/.test(origin)),
      chains: alike[0]?.chains ?? new Map(),
    })),
    wild,
    others: chainsOf(
      plan.rules.filter(({ rule }) => rule.origins.any),
      ECHO,
    ),
    open: isUnsure ? open.map((planned) => ({ planned, verdict: verdictOf(planned.rule, ECHO) })) : [],
    constants: new Map(
      plan.methods.flatMap(({ method, withoutOrigin }) =>
        withoutOrigin === null ? [] : [[method, verdictOf(withoutOrigin, ECHO)]],
      ),
    ),
    // Last: it has the verdicts that the others asked for.
    verdicts: [...verdicts.values()],
  };
}

/** The origins that entries name, and `null` where a pattern matches it: it never gets credentials. */
function namedOrigins({ rules }: Plan): readonly string[] {
  const matchesNull = rules.some(
    ({ rule, patterns }) => patterns.length > 0 && matchesEntries(rule.origins, 'null'),
  );
  return [...new Set([...rules.flatMap(({ exact }) => exact), ...(matchesNull ? ['null'] : [])])];
}

function wildGroups(found: readonly Omit<WildGroup, 'id'>[]): readonly WildGroup[] {
  const ids = new Map<string, string>();
  const groups: WildGroup[] = [];
  for (const { patterns, chains } of found) {
    const key = keyOf(chains);
    const id = ids.get(key) ?? `w${ids.size + 1}`;
    ids.set(key, id);
    const last = groups.at(-1);
    if (last?.id === id) groups.splice(-1, 1, { ...last, patterns: [...last.patterns, ...patterns] });
    else groups.push({ id, patterns, chains });
  }
  return groups;
}

/**
 * Of the rules that an origin meets those of a method, without those that an earlier one hides from every preflight. It
 * ends before a rule that only some origins meet.
 */
function chainOf(met: readonly PlannedRule[], perhaps: readonly PlannedRule[], method: string) {
  const chain: CompiledRule[] = [];
  const rules = [...met, ...perhaps].toSorted((one, other) => one.rule.number - other.rule.number);
  for (const planned of rules) {
    const { rule } = planned;
    if (!rule.methods.has(method)) continue;
    if (chain.some((earlier) => headerKey(earlier) === headerKey(rule))) continue;
    if (perhaps.includes(planned)) return { chain, isSure: false };
    chain.push(rule);
    if (rule.headers.any) break;
  }
  return { chain, isSure: true };
}

const keyOf = (chains: OriginGroup['chains']): string =>
  JSON.stringify([...chains.values()].map((chain) => chain.map(({ id }) => id)));

/** The Access-Control-* headers that an answer has by a rule. Allow-Headers is the request's own list. */
function headersOf(rules: CompiledRules, rule: CompiledRule, origin: string): ReadonlyMap<string, string> {
  const decision = { kind: 'actual', reason: 'matched', method: 'GET', rule, origin } as const;
  const { headers } = answer(rules, { ...decision, requestedHeaders: [] });
  const found = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) found.set(headers[at] ?? '', headers[at + 1] ?? '');
  if (found.get(names.ALLOW_ORIGIN) === origin) found.set(names.ALLOW_ORIGIN, ECHO);
  return found;
}
