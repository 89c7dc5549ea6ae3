import { answer } from '../cors/answer.ts';
import { traitsOf } from '../cors/behaviour.ts';
import { type CompiledRule, type CompiledRules, compileRules } from '../cors/compile.ts';
import { decide, type Facts } from '../cors/decide.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import { isOneOrigin } from '../cors/origin.ts';
import { refusal } from '../cors/refusal.ts';
import { METHODS, type RuleSet } from '../cors/rule.ts';
import type { Objection } from '../cors/traits.ts';
import { outcomeOf } from './outcome.ts';

/** The origins that Allow-Credentials is sent to, of those that a rule allows. */
export type Credentials =
  | 'none'
  /** All but `null`. */
  | 'all'
  /** Those that an entry without `*` names, but `null`. */
  | 'exact';

/** A rule in the form of which exporters write conditions and values. */
export interface PlannedRule {
  readonly rule: CompiledRule;
  /** Allow-Origin is `*`, or the request's Origin. */
  readonly allowOrigin: '*' | 'origin';
  readonly credentials: Credentials;
  /** The entries without `*` that an Origin header can match. */
  readonly exact: readonly string[];
  /** The entries with `*`, except `*` itself, that an Origin header can match. */
  readonly patterns: readonly { readonly prefix: string; readonly suffix: string }[];
}

/** The answers to a method that do not depend on the origin. */
export interface PlannedMethod {
  readonly method: string;
  /** The rule whose headers an answer to a request without Origin, or with several, has; null: no headers. */
  readonly withoutOrigin: CompiledRule | null;
  /** Whether an answer to this method, with or without Origin, has `Vary: Origin`. */
  readonly variesByOrigin: boolean;
}

/** A rule set in the form that exporters of conditions and programs need. All facts in it are asked of the engine. */
export interface Plan {
  /** In their order: the first that matches applies. Rules whose entries no Origin header can match are left out. */
  readonly rules: readonly PlannedRule[];
  /** The five methods. */
  readonly methods: readonly PlannedMethod[];
  /** The same for any other method, such as PATCH. */
  readonly otherMethod: PlannedMethod;
  /** In the order in which they apply to an OPTIONS request, before any rule. */
  readonly objections: readonly { readonly reason: Objection; readonly status: number }[];
  /** Status of a preflight that no rule allows. */
  readonly refusedStatus: number;
  /** Vary of an answer to OPTIONS. */
  readonly preflightVary: readonly string[];
  /** Entries that no Origin header can match: browsers send ASCII and one origin. */
  readonly unsendable: readonly string[];
}

/** What a header of an HTTP request can have, as browsers send it: visible ASCII characters. */
const isSendable = (origin: string): boolean => /^[\x21-\x7e]*$/.test(origin) && isOneOrigin(origin);

/** Divides a rule set into the parts that exporters write. `rules.behaviour.vary` must be `safe`. */
export function planOf(rules: CompiledRules): Plan {
  const planned = rules.rules.map((rule) => planRule(rules, rule));
  return {
    rules: planned.filter(
      ({ rule, exact, patterns }) => rule.origins.any || exact.length + patterns.length > 0,
    ),
    methods: METHODS.map((method) => planMethod(rules, method)),
    otherMethod: planMethod(rules, 'PATCH'),
    objections: traitsOf(rules.behaviour).objections.flatMap((reason) => objectionOf(rules, reason)),
    refusedStatus: statusOf(compileRules(OTHER, rules.behaviour), preflight({})),
    preflightVary: varyOf(rules, preflight({})),
    unsendable: [
      ...new Set(
        rules.rules.flatMap(({ rule }) => rule.allowedOrigins.filter((entry) => !isSendable(entry))),
      ),
    ],
  };
}

function planRule(rules: CompiledRules, rule: CompiledRule): PlannedRule {
  const exact = rule.origins.exact.filter(isSendable);
  const patterns = rule.origins.patterns.filter(({ source }) => isSendable(source));
  return {
    rule,
    allowOrigin: rule.origins.any ? '*' : 'origin',
    credentials: credentialsOf(rules, rule),
    exact,
    patterns: patterns.map(({ prefix, suffix }) => ({ prefix, suffix })),
  };
}

/** Asked of the engine: which of two origins, one named and one matched by a `*`, gets credentials by a rule alone. */
function credentialsOf({ behaviour }: CompiledRules, { rule }: CompiledRule): Credentials {
  const gets = (entry: string): boolean => {
    const alone = compileRules(
      { rules: [{ ...rule, allowedOrigins: [entry] }], responseVary: false },
      behaviour,
    );
    const request = {
      method: rule.allowedMethods[0] ?? 'GET',
      origin: 'https://named.example',
      requestMethod: null,
      requestHeaders: null,
    };
    return answer(alone, decide(alone, request)).headers.includes(ALLOW_CREDENTIALS);
  };
  if (rule.allowedOrigins.includes('*')) return 'none';
  if (!gets('https://named.example')) return 'none';
  return gets('https://*.example') ? 'all' : 'exact';
}

function planMethod(rules: CompiledRules, method: string): PlannedMethod {
  const request = { method, origin: null, requestMethod: null, requestHeaders: null };
  const { rule } = decide(rules, request);
  return { method, withoutOrigin: rule, variesByOrigin: varyOf(rules, request).length > 0 };
}

/** A preflight that objects for one reason, and for none that a store checks before. */
const OBJECTED: Readonly<Record<Objection, Partial<Facts> | null>> = {
  origin_missing: { origin: null },
  method_missing: { requestMethod: null },
  method_not_allowed: { requestMethod: 'PATCH' },
  origin_not_allowed: { origin: 'https://one.example,https://two.example' },
  no_rules: {},
  rules_unavailable: null,
};

function objectionOf(rules: CompiledRules, reason: Objection): Plan['objections'] {
  const facts = OBJECTED[reason];
  if (facts === null || (reason === 'no_rules' && rules.rules.length > 0)) return [];
  return [{ reason, status: statusOf(rules, preflight(facts)) }];
}

const preflight = (facts: Partial<Facts>): Facts => ({
  method: 'OPTIONS',
  origin: 'https://any.example',
  requestMethod: 'GET',
  requestHeaders: null,
  ...facts,
});

/** Rules that refuse `preflight({})`. Those of a bucket may allow every preflight of a method. */
const OTHER: RuleSet = {
  rules: [
    {
      allowedOrigins: ['https://other.example'],
      allowedMethods: ['GET'],
      allowedHeaders: [],
      exposeHeaders: [],
    },
  ],
  responseVary: false,
};

const statusOf = (rules: CompiledRules, request: Facts): number =>
  refusal(rules, decide(rules, request), request, 'OBJECT')?.status ?? 200;

const varyOf = (rules: CompiledRules, request: Facts): readonly string[] =>
  outcomeOf(rules, request).headers.flatMap(([name, value]) => (name === 'Vary' ? value.split(', ') : []));
