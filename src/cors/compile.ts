import { compileHeaders, compileOrigins, type Entries } from './pattern.ts';
import type { Dialect } from './refusal.ts';
import { METHODS, NO_RULES, type Rule, type RuleSet } from './rule.ts';

/** `safe`: right behind every shared cache (the default). `store`: what the store itself sends (semantics.md §4). */
export type VaryMode = 'safe' | 'store';

export interface Behaviour {
  readonly dialect: Dialect;
  readonly vary: VaryMode;
  /** `oss` only: send Allow-Credentials to an origin that a rule names without `*` (semantics.md §3). */
  readonly dangerouslyAllowCredentials: boolean;
}

/** A rule with everything worked out that does not depend on the request. */
export interface CompiledRule {
  /** Its place in the document, counted from 1. */
  readonly number: number;
  readonly rule: Rule;
  readonly origins: Entries;
  readonly methods: ReadonlySet<string>;
  readonly headers: Entries;
  readonly allowMethods: string;
  readonly exposeHeaders: string | null;
  readonly maxAge: string | null;
}

/**
 * What every origin gets for a method: one rule's headers, `null` for "nobody gets any", or `depends`
 * (semantics.md §4, "When is it the same for every origin?").
 */
export type Constant = CompiledRule | null | 'depends';

/** The rules in force for one bucket, immutable; a refresh replaces the whole value. */
export interface CompiledRules {
  /** `missing`: the store says there is no such bucket. `unavailable`: nothing is known (promise 2). */
  readonly state: 'known' | 'missing' | 'unavailable';
  readonly behaviour: Behaviour;
  readonly rules: readonly CompiledRule[];
  readonly responseVary: boolean;
  /** By method; a method outside the five is listed by no rule, so nobody gets headers for it. */
  readonly constants: ReadonlyMap<string, Constant>;
}

/** Works out everything that can be known before a request comes. `ruleSet` must have come out of a document reader. */
export function compileRules(ruleSet: RuleSet, behaviour: Behaviour): CompiledRules {
  const rules = ruleSet.rules.map(compileRule);
  return {
    state: 'known',
    behaviour,
    rules,
    responseVary: ruleSet.responseVary,
    constants: new Map(METHODS.map((method) => [method, proveConstant(rules, method)])),
  };
}

/** The rules of a bucket that the store says does not exist. */
export const missingBucket = (behaviour: Behaviour): CompiledRules => ({
  ...compileRules(NO_RULES, behaviour),
  state: 'missing',
});

/** What stands in for rules that nobody could fetch yet: decisions fail closed, nothing is proven constant. */
export const unavailableRules = (behaviour: Behaviour): CompiledRules => ({
  ...compileRules(NO_RULES, behaviour),
  state: 'unavailable',
});

function compileRule(rule: Rule, index: number): CompiledRule {
  return {
    number: index + 1,
    rule,
    origins: compileOrigins(rule.allowedOrigins),
    methods: new Set(rule.allowedMethods),
    headers: compileHeaders(rule.allowedHeaders),
    allowMethods: rule.allowedMethods.join(', '),
    exposeHeaders: rule.exposeHeaders.length > 0 ? rule.exposeHeaders.join(', ') : null,
    maxAge: rule.maxAgeSeconds === undefined ? null : String(rule.maxAgeSeconds),
  };
}

function proveConstant(rules: readonly CompiledRule[], method: string): Constant {
  const first = rules.find((rule) => rule.methods.has(method));
  if (first === undefined) return null;
  return first.origins.any ? first : 'depends';
}
