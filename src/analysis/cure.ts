import { answerTo } from '../cors/answer.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import { compileRules } from '../cors/compile.ts';
import { decide, type Facts, refusedAt } from '../cors/decide.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import { isOneOrigin } from '../cors/origin.ts';
import { matchesEntries } from '../cors/pattern.ts';
import { isMethod, type Method, type Rule, type RuleSet } from '../cors/rule.ts';
import { excerpt } from '../document/raw.ts';
import { LIST_CHECKS } from '../document/value.ts';
import { visible } from '../document/visible.ts';
import { diffRules, isWider, neverAllowsMore } from './diff.ts';
import { list } from './sentence.ts';

/** A page's request that the rules refuse, or that the page loses for lack of Allow-Credentials. */
export interface Lost {
  readonly origin: string;
  readonly method: string;
  /** Names of request headers, lower-cased. */
  readonly headers: readonly string[];
  /** It is allowed, and has to be allowed with cookies too. */
  readonly credentials: boolean;
}

/** A change of rules after which a request passes. */
export interface Cure {
  /** "Add https://x to the origins of rule 2." */
  readonly sentence: string;
  readonly ruleSet: RuleSet;
}

/** More rules are refused by a store, or by some of its pages (semantics.md §1). */
const MOST_RULES: Readonly<Record<Behaviour['dialect'], number>> = { oss: 10, s3: 100 };
/** Most values of rules for which changes of a rule are compared with a rule of its own. */
const MOST_VALUES = 100;
/** Most changes of a rule that are compared: those that add the fewest values. */
const MOST_COMPARED = 4;

/**
 * Returns the change of rules that lets a request pass and allows the least beside it; null if it passes, or if no change of
 * rules lets it pass. A rule for this request alone allows nothing beside it. An existing rule is changed instead where that
 * grants exactly the same, or where there can be no more rules.
 */
export function cureFor(ruleSet: RuleSet, behaviour: Behaviour, lost: Lost): Cure | null {
  const { method } = lost;
  if (!isMethod(method) || !canBeListed(lost) || passes(ruleSet, behaviour, lost)) return null;
  if (lost.credentials)
    return verified([withCredentials(ruleSet, behaviour, lost, method)], behaviour, lost)[0] ?? null;
  const isSmall = valuesIn(ruleSet) <= MOST_VALUES;
  const isFull = ruleSet.rules.length >= MOST_RULES[behaviour.dialect];
  if (isFull)
    return leastOf(
      ruleSet,
      verified(editsOf(ruleSet, behaviour, lost, method), behaviour, lost),
      behaviour,
      isSmall,
    );
  const [own] = verified([withRule(ruleSet, lost, method)], behaviour, lost);
  if (own === undefined || !isSmall) return own ?? null;
  const edits = editsOf(ruleSet, behaviour, lost, method).filter(({ lists }) => lists === 1);
  const same = verified(edits, behaviour, lost).find((edit) =>
    grantsTheSame(own.ruleSet, edit.ruleSet, behaviour),
  );
  return same ?? own;
}

/** Whether a rule can list the values of a request. With a `*` an entry would be a pattern. */
function canBeListed({ origin, headers }: Lost): boolean {
  const isPlain = (value: string, check: (value: string) => unknown) =>
    !value.includes('*') && check(value) === undefined;
  return (
    isOneOrigin(origin) &&
    isPlain(origin, LIST_CHECKS.allowedOrigins) &&
    headers.every((name) => isPlain(name, LIST_CHECKS.allowedHeaders))
  );
}

/** Those after which the request passes, by the function that the edge decides with. */
const verified = (candidates: readonly (Cure | null)[], behaviour: Behaviour, lost: Lost): readonly Cure[] =>
  candidates.filter((one) => one !== null).filter(({ ruleSet }) => passes(ruleSet, behaviour, lost));

/** Whether rules allow a request with its preflight. */
export function passes(ruleSet: RuleSet, behaviour: Behaviour, lost: Lost): boolean {
  const rules = compileRules(ruleSet, behaviour);
  const { preflight, actual } = factsOf(lost);
  if (decide(rules, preflight).reason !== 'matched') return false;
  const { decision, headers } = answerTo(rules, actual);
  return decision.reason === 'matched' && (!lost.credentials || headers.includes(ALLOW_CREDENTIALS));
}

const factsOf = ({ origin, method, headers }: Lost): Readonly<Record<'preflight' | 'actual', Facts>> => ({
  preflight: {
    method: 'OPTIONS',
    origin,
    requestMethod: method,
    requestHeaders: headers.length === 0 ? null : headers.join(','),
  },
  actual: { method, origin, requestMethod: null, requestHeaders: null },
});

const valuesIn = ({ rules }: RuleSet): number =>
  rules.reduce((sum, rule) => sum + rule.allowedOrigins.length + rule.allowedHeaders.length, 0);

function withRule(ruleSet: RuleSet, { origin, headers }: Lost, method: Method): Cure {
  const rule: Rule = {
    allowedOrigins: [origin],
    allowedMethods: [method],
    allowedHeaders: headers,
    exposeHeaders: [],
  };
  const names = headers.length === 0 ? '' : ` with ${shown(headers)}`;
  return {
    sentence: `Add a rule that lets ${shown([origin])} ${method}${names}.`,
    ruleSet: { ...ruleSet, rules: [...ruleSet.rules, rule] },
  };
}

/** A change of one rule. */
interface Edit extends Cure {
  /** How many of its lists get values. */
  readonly lists: number;
  /** How many values they get. */
  readonly added: number;
}

/** The rules with one rule changed each so that it fits, the smallest changes first. */
function editsOf(ruleSet: RuleSet, behaviour: Behaviour, lost: Lost, method: Method): readonly Edit[] {
  const edits = compileRules(ruleSet, behaviour).rules.map((compiled): Edit => {
    const { rule, number } = compiled;
    const origins = matchesEntries(compiled.origins, lost.origin) ? [] : [lost.origin];
    const methods = compiled.methods.has(method) ? [] : [method];
    const headers = lost.headers.filter((name) => refusedAt(compiled, [name]) !== -1);
    const parts = [
      ...(origins.length > 0 ? [`${shown(origins)} to the origins`] : []),
      ...(methods.length > 0 ? [`${method} to the methods`] : []),
      ...(headers.length > 0 ? [`${shown(headers)} to the headers`] : []),
    ];
    const changed: Rule = {
      ...rule,
      allowedOrigins: [...rule.allowedOrigins, ...origins],
      allowedMethods: [...rule.allowedMethods, ...methods],
      allowedHeaders: [...rule.allowedHeaders, ...headers],
    };
    return {
      sentence: `Add ${list(parts)} of rule ${number}.`,
      ruleSet: { ...ruleSet, rules: ruleSet.rules.with(number - 1, changed) },
      lists: parts.length,
      added: origins.length + methods.length + headers.length,
    };
  });
  return edits.sort((one, other) => one.added - other.added).slice(0, MOST_COMPARED);
}

/** Neither allows what the other does not. */
function grantsTheSame(one: RuleSet, other: RuleSet, behaviour: Behaviour): boolean {
  const [first, second] = [compileRules(one, behaviour), compileRules(other, behaviour)];
  return neverAllowsMore(first, second) === true && neverAllowsMore(second, first) === true;
}

/** The change that allows the fewest kinds of requests more; the first of many. */
function leastOf(
  ruleSet: RuleSet,
  edits: readonly Cure[],
  behaviour: Behaviour,
  isSmall: boolean,
): Cure | null {
  if (!isSmall || edits.length < 2) return edits[0] ?? null;
  const before = compileRules(ruleSet, behaviour);
  const [least] = edits
    .map((edit) => {
      const { differences } = diffRules(before, compileRules(edit.ruleSet, behaviour));
      const wider = differences.filter(isWider).length;
      return { edit, wider, others: differences.length - wider };
    })
    .sort((one, other) => one.wider - other.wider || one.others - other.others);
  return least?.edit ?? null;
}

/** Before the rule that applies, the same for this origin by its name: a wildcard never gets Allow-Credentials. */
function withCredentials(ruleSet: RuleSet, behaviour: Behaviour, lost: Lost, method: Method): Cure | null {
  const { rule } = decide(compileRules(ruleSet, behaviour), factsOf(lost).actual);
  if (rule === null || ruleSet.rules.length >= MOST_RULES[behaviour.dialect]) return null;
  const { id: _, ...same } = rule.rule;
  const named: Rule = { ...same, allowedOrigins: [lost.origin], allowedMethods: [method] };
  const at = rule.number - 1;
  return {
    sentence: `Add a rule before rule ${rule.number} that lets ${shown([lost.origin])} ${method} with credentials.`,
    ruleSet: { ...ruleSet, rules: ruleSet.rules.toSpliced(at, 0, named) },
  };
}

const shown = (values: readonly string[]): string => visible(list(values.map((value) => excerpt(value))));
