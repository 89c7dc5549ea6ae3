import type { CompiledRule } from './compile.ts';
import { type Condition, failedCondition, refusedAt, type Wanted } from './decide.ts';
import { nearHeader } from './near-header.ts';
import { nearOriginOf } from './near-origin.ts';
import { isMethod } from './rule.ts';

/** Most entries that one explanation compares: no document of 64 KB has more. */
const MAX_ENTRIES = 20_000;
/** Most requested headers that one explanation compares. */
const MAX_NAMES = 20;
const MAX_SHOWN = 120;

/**
 * Returns what the closest rule says, or the two closest, as a clause about the condition that the request did not meet;
 * null if no rule is close. `verdicts` has the failed condition of each rule.
 */
export function nearMiss(
  rules: readonly CompiledRule[],
  failed: Condition,
  wanted: Wanted,
  verdicts: readonly (Condition | undefined)[],
): string | null {
  const failing = (condition: Condition) => rules.filter((_, at) => verdicts[at] === condition);
  const origins = nearOrigins(failing('origin'), failed, wanted);
  if (failed === 'origin' || origins !== null) return origins;
  return failed === 'method'
    ? nearMethod(failing('method'), wanted)
    : nearHeaders(failing('header'), wanted.headers ?? []);
}

/**
 * Entries that differ from the origin by a slip. If a rule lists the origin, only a rule counts that meets the condition
 * which that rule fails. A rule that meets all other conditions comes first.
 */
function nearOrigins(rules: readonly CompiledRule[], failed: Condition, wanted: Wanted): string | null {
  const nearTo = nearOriginOf(wanted.origin);
  let closest: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  let compared = 0;
  for (const compiled of rules) {
    if (failed !== 'origin' && !compiled.methods.has(wanted.method)) continue;
    const fits = meetsTheRest(compiled, wanted);
    if (!fits && failed === 'header') continue;
    for (const entry of compiled.rule.allowedOrigins) {
      compared += 1;
      if (compared > MAX_ENTRIES) return clauseOf(closest);
      const near = nearTo(entry);
      const distance = near === null ? Number.POSITIVE_INFINITY : near.distance * 2 + (fits ? 0 : 1);
      if (near === null || distance > least) continue;
      if (distance < least) closest = [];
      least = distance;
      if (closest.length < 2) closest.push(`rule ${compiled.number} lists ${shown(entry)}, ${near.because}`);
    }
  }
  return clauseOf(closest);
}

const clauseOf = (clauses: readonly string[]): string | null =>
  clauses.length === 0 ? null : [...new Set(clauses)].join('; ');

const meetsTheRest = (compiled: CompiledRule, wanted: Wanted): boolean =>
  compiled.methods.has(wanted.method) &&
  (wanted.headers === null || refusedAt(compiled, wanted.headers) === -1);

/** `rules` list the origin but not the method. */
function nearMethod(rules: readonly CompiledRule[], { method }: Wanted): string | null {
  const upper = method.toUpperCase();
  if (!isMethod(method)) {
    // Fetch standard, "normalize a method"; PATCH is not normalized.
    return isMethod(upper) ? `browsers send ${method} as ${upper}` : null;
  }
  const reads = method === 'HEAD' ? rules.find(({ methods }) => methods.has('GET')) : undefined;
  if (reads !== undefined) return `rule ${reads.number} lists GET, and HEAD needs an entry of its own`;
  const [only, ...others] = rules;
  return only === undefined || others.length > 0 ? null : `rule ${only.number} lists ${only.allowMethods}`;
}

/** `rules` list the origin and the method but not every header. */
function nearHeaders(rules: readonly CompiledRule[], requested: readonly string[]): string | null {
  let compared = 0;
  for (const compiled of rules) {
    for (const name of requested.slice(0, MAX_NAMES)) {
      if (refusedAt(compiled, [name]) === -1) continue;
      compared += compiled.rule.allowedHeaders.length;
      if (compared > MAX_ENTRIES) return null;
      const near = nearHeader(compiled.rule, name);
      if (near !== null) return `rule ${compiled.number} ${near}`;
    }
  }
  return null;
}

/**
 * Returns what a later rule would add that also fits, as a clause; null if none adds anything. The first rule answers
 * alone (semantics.md §2.1).
 */
export function laterRule(
  rules: readonly CompiledRule[],
  applied: CompiledRule,
  wanted: Wanted,
): string | null {
  const exposed = new Set(applied.rule.exposeHeaders.map((name) => name.toLowerCase()));
  for (const later of rules.slice(applied.number)) {
    if (failedCondition(later, wanted) !== null) continue;
    const added = later.rule.exposeHeaders.filter((name) => !exposed.has(name.toLowerCase()));
    const gain =
      added.length > 0
        ? `would expose ${added.slice(0, 3).join(', ')}`
        : applied.origins.any && !later.origins.any
          ? 'would answer with the origin in place of *'
          : null;
    if (gain !== null)
      return `rule ${later.number} also fits and ${gain}, but rule ${applied.number} comes first`;
  }
  return null;
}

/** An entry for a sentence. */
function shown(entry: string): string {
  const cut = entry.length > MAX_SHOWN ? `${entry.slice(0, MAX_SHOWN)}…` : entry;
  return /[\s,;]/.test(cut) ? `"${cut}"` : cut;
}
