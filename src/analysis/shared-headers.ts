import type { CompiledRule } from '../cors/compile.ts';
import type { Method } from '../cors/rule.ts';
import { type Bits, commonBits, includesBits, membersOf } from './bits.ts';
import type { Model, ModelledRules } from './model.ts';

/** Most words of bits and rules that are compared to find the preflights; 800 rules, which fill a document, need 20 million. */
const MAX_COMPARISONS = 30_000_000;
/** Most rules that all preflights are compared with; 800 rules with one origin need 10 million. */
const MAX_DECISIONS = 40_000_000;

/** The preflights that distinguish two rule sets. */
export interface SharedHeaders {
  /** The header names to ask about: for every pair of deciding rules, one of each set, the most that both allow. */
  of(origin: number, method: Method): readonly (readonly string[])[];
  /** False once preflights were left out, because there are too many. */
  isComplete(): boolean;
}

/** The comparisons that are left. */
interface Budget {
  left: number;
}

export function sharedHeaders(model: Model, one: ModelledRules, other: ModelledRules): SharedHeaders {
  const budget: Budget = { left: MAX_COMPARISONS };
  const decisions: Budget = { left: MAX_DECISIONS };
  const decisionCost = one.compiled.rules.length + other.compiled.rules.length;
  // Most methods, and many origins, have the same rules.
  const known = new Map<string, readonly (readonly string[])[]>();
  return {
    of: (origin, method) => {
      const [before, after] = [one.listing(origin, method), other.listing(origin, method)];
      const key = [before, after].map((listing) => listing.map(({ number }) => number).join()).join(' ');
      const asked =
        known.get(key) ??
        commonOfPairs(model, deciders(one, before, budget), deciders(other, after, budget), budget);
      known.set(key, asked);
      const most = Math.max(0, Math.floor(decisions.left / decisionCost));
      decisions.left -= asked.length * decisionCost;
      return asked.slice(0, most);
    },
    isComplete: () => budget.left >= 0 && decisions.left >= 0,
  };
}

/** A rule that decides some preflight, null for a refusal, and the header names that it allows. */
interface Decider {
  readonly rule: CompiledRule | null;
  readonly names: Bits;
}

/** The rules that decide some preflight: each decides the one with all headers that it allows. */
function deciders(set: ModelledRules, listing: readonly CompiledRule[], budget: Budget): readonly Decider[] {
  const found: Decider[] = [];
  for (const rule of listing) {
    const { names } = set.headersOf(rule);
    if (budget.left >= 0 && firstAllowing(found, names, budget) === null) found.push({ rule, names });
  }
  return found;
}

function commonOfPairs(
  model: Model,
  before: readonly Decider[],
  after: readonly Decider[],
  budget: Budget,
): readonly (readonly string[])[] {
  const refusal: Decider = { rule: null, names: model.everyHeader.names };
  const asked: (readonly string[])[] = [];
  for (const first of [...before, refusal]) {
    for (const second of [...after, refusal]) {
      if (budget.left < 0) return asked;
      const names = commonBits(first.names, second.names);
      budget.left -= names.length;
      // A pair decides some request exactly when it decides the one with the most headers.
      if (
        firstAllowing(before, names, budget) === first.rule &&
        firstAllowing(after, names, budget) === second.rule
      )
        asked.push(membersOf(names, model.headers.length).map((at) => model.headers[at] ?? ''));
    }
  }
  return asked;
}

/** The first rule that allows all names. */
function firstAllowing(rules: readonly Decider[], names: Bits, budget: Budget): CompiledRule | null {
  for (const { rule, names: allowed } of rules) {
    budget.left -= 1;
    if (includesBits(allowed, names)) return rule;
  }
  return null;
}
