import type { CompiledRules } from '../../cors/compile.ts';
import { ALLOW_CREDENTIALS, ALLOW_ORIGIN, VARY } from '../../cors/names.ts';
import type { Plan } from '../plan.ts';
import { type Cell, cellsOf, type Drafted, withoutCell } from './allowed.ts';
import { exposedByCell, exposures } from './exposed.ts';
import type { CdnConfig, ConditionRule } from './functions.ts';
import { type Treatment, treatmentsOf } from './segments.ts';

/**
 * The response headers for a plan. Only what a browser judges an actual request by is written, and only for the methods of
 * the rules: the answer to OPTIONS comes from the bucket as it is, so that no preflight passes that the bucket refuses.
 * `isNarrower`: the bucket has wider rules, and its own Allow-Origin must not meet headers of another answer.
 */
export function draftOf(rules: CompiledRules, plan: Plan, name: string, isNarrower: boolean): CdnConfig {
  const treatments = treatmentsOf(plan);
  const cells = cellsOf(treatments);
  // HEAD is answered from the copy of a GET. Copies of the wider rules' answers are for origins that are refused here.
  const isStored = treatments.some(({ method }) => method === 'GET');
  const cached = isNarrower ? ['GET', 'HEAD'] : isStored ? ['HEAD'] : [];
  const isVaried = [...plan.methods, plan.otherMethod].some(({ variesByOrigin }) => variesByOrigin);
  return named(name, [
    // Beside the bucket's own Vary: in its place, `Accept-Encoding` would be lost.
    ...(isVaried ? [{ key: VARY, value: 'Origin', isAdded: true, match: null }] : []),
    ...(cells.length === 0 ? [{ key: ALLOW_ORIGIN, value: null, match: null }] : []),
    ...cells.map(({ allow, match }) => ({ key: ALLOW_ORIGIN, ...allow, match })),
    ...(cells.length === 0 ? [] : withoutCell(treatments, cached)).map((match) => ({
      key: ALLOW_ORIGIN,
      value: null,
      match,
    })),
    ...credentialsOf(plan, treatments, cells, isNarrower),
    ...(isNarrower ? exposedByCell(treatments) : exposures(rules, plan, treatments)),
  ]);
}

/** A preflight may be allowed by a rule that no actual request reaches: the bucket's header stays where a rule sends it. */
function credentialsOf(
  { rules }: Plan,
  treatments: readonly Treatment[],
  cells: readonly Cell[],
  isNarrower: boolean,
): readonly Drafted[] {
  const segments = treatments.flatMap((treatment) => treatment.segments);
  if (segments.length === 0) return [];
  if (rules.every(({ credentials }) => credentials === 'none'))
    return [{ key: ALLOW_CREDENTIALS, value: null, match: null }];
  if (!isNarrower && segments.every(({ credentials }) => credentials))
    return [{ key: ALLOW_CREDENTIALS, value: 'true', match: null }];
  return cells
    .filter(({ credentials }) => credentials)
    .map(({ match }) => ({ key: ALLOW_CREDENTIALS, value: 'true', match }));
}

/** Gives each condition a name, by which its ConfigId is found. */
function named(name: string, drafted: readonly Drafted[]): CdnConfig {
  const conditions = new Map<string, ConditionRule>();
  const headers = drafted.map(({ match, ...header }) => {
    if (match === null) return header;
    const key = JSON.stringify(match);
    const condition = conditions.get(key) ?? {
      match,
      name: `${name}_${conditions.size + 1}`,
      status: 'enable' as const,
    };
    conditions.set(key, condition);
    return { ...header, condition };
  });
  return { conditions: [...conditions.values()], headers };
}
