import type { Behaviour } from './behaviour.ts';
import { isOneOrigin } from './origin.ts';
import { compileHeaders, compileOrigins, type Entries } from './pattern.ts';
import { METHODS, NO_RULES, type Rule, type RuleSet } from './rule.ts';

/** A rule with all values precomputed that do not depend on the request. */
export interface CompiledRule {
  /** The position in the document, counted from 1. */
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
 * What every origin gets for a method: one rule's headers, or no CORS headers (`null`). `depends`: origins differ
 * (semantics.md §4, "When is it the same for every origin?").
 */
export type Constant = CompiledRule | null | 'depends';

/** The rules in force for one bucket. Immutable: a refresh replaces the whole value. */
export interface CompiledRules {
  /** `missing`: the store says that the bucket does not exist. `unavailable`: no rules were loaded (promise 2). */
  readonly state: 'known' | 'missing' | 'unavailable';
  readonly behaviour: Behaviour;
  readonly rules: readonly CompiledRule[];
  readonly responseVary: boolean;
  /** By method. No rule lists a method outside the five, so no origin gets headers for one. */
  readonly constants: ReadonlyMap<string, Constant>;
}

/** Precomputes what does not depend on a request. `ruleSet` must come from a document reader, which checks it. */
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

/** The rules of a bucket before the first successful load: decisions fail closed. */
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

/**
 * Decides by the first rule that lists the method and accepts an origin. If it lists `*`, it applies to every origin, and
 * names none in its answer. Any other rule names the origin in its answer, so that no two origins get the same.
 */
function proveConstant(rules: readonly CompiledRule[], method: string): Constant {
  const first = rules.find((rule) => rule.methods.has(method) && acceptsOrigins(rule.origins));
  if (first === undefined) return null;
  return first.origins.any ? first : 'depends';
}

/** Whether an entry matches an origin. Each matches itself, without its `*` if it has one; a list is no origin. */
const acceptsOrigins = ({ any, exact, patterns }: Entries): boolean =>
  any || exact.some(isOneOrigin) || patterns.some(({ source }) => isOneOrigin(source));
