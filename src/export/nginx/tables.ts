import { answer } from '../../cors/answer.ts';
import type { CompiledRule, CompiledRules } from '../../cors/compile.ts';
import { failedCondition } from '../../cors/decide.ts';
import * as names from '../../cors/names.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { headerKey } from './names.ts';

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

export type Chain = readonly Verdict[];

/** A rule with `*` in its origins, for the origins that no entry names. */
export interface OpenRule {
  readonly planned: PlannedRule;
  readonly verdict: Verdict;
}

/** What the maps say. */
export interface Tables {
  readonly verdicts: readonly Verdict[];
  readonly groups: readonly OriginGroup[];
  /** The chains of an origin that no entry names, if no rule has a pattern; else null, and `open` decides. */
  readonly others: OriginGroup['chains'] | null;
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
  const chainsOf = (origin: string): OriginGroup['chains'] =>
    new Map(
      METHODS.map((method) => [method, chainOf(plan, origin, method).map((rule) => verdictOf(rule, origin))]),
    );
  const listed = namedOrigins(plan).map((origin) => ({ origin, chains: chainsOf(origin) }));
  const hasPatterns = plan.rules.some(({ patterns }) => patterns.length > 0);
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
    others: hasPatterns ? null : chainsOf(ECHO),
    open: hasPatterns ? open.map((planned) => ({ planned, verdict: verdictOf(planned.rule, ECHO) })) : [],
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

/** The rules that an origin and a method meet, without those that an earlier one hides from every preflight. */
function chainOf({ rules }: Plan, origin: string, method: string): readonly CompiledRule[] {
  const chain: CompiledRule[] = [];
  for (const { rule } of rules) {
    if (failedCondition(rule, { origin, method, headers: null }) !== null) continue;
    if (!chain.some((earlier) => headerKey(earlier) === headerKey(rule))) chain.push(rule);
    if (rule.headers.any) break;
  }
  return chain;
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
