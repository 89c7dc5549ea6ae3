import type { CompiledRules } from '../../cors/compile.ts';
import { ALLOW_CREDENTIALS, ALLOW_ORIGIN, VARY } from '../../cors/names.ts';
import type { Plan } from '../plan.ts';
import { methodsCondition, segmentCondition } from './conditions.ts';
import { exposedByCell, exposures } from './exposed.ts';
import type { CdnConfig, ConditionRule, HeaderEntry } from './functions.ts';
import { merged, type Segment, type Treatment, treatmentsOf } from './segments.ts';

type Match = ConditionRule['match'];

/** A header under a condition; null: every request. */
export interface Drafted extends Omit<HeaderEntry, 'condition'> {
  readonly match: Match | null;
}

/** Requests whose answer has the same Access-Control-Allow-Origin. */
interface Cell {
  readonly match: Match;
  readonly allow: Omit<HeaderEntry, 'key'>;
  readonly credentials: boolean;
}

/**
 * The response headers for a plan. Only what a browser judges an actual request by is written, and only for the methods of
 * the rules: the answer to OPTIONS comes from the bucket as it is, so that no preflight passes that the bucket refuses.
 * `isNarrower`: the bucket has wider rules, and its own Allow-Origin must not meet headers of another answer.
 */
export function draftOf(rules: CompiledRules, plan: Plan, name: string, isNarrower: boolean): CdnConfig {
  const treatments = treatmentsOf(plan);
  const cells = cellsOf(treatments);
  const isVaried = [...plan.methods, plan.otherMethod].some(({ variesByOrigin }) => variesByOrigin);
  return named(name, [
    // Beside the bucket's own Vary: in its place, `Accept-Encoding` would be lost.
    ...(isVaried ? [{ key: VARY, value: 'Origin', isAdded: true, match: null }] : []),
    ...(cells.length === 0 ? [{ key: ALLOW_ORIGIN, value: null, match: null }] : []),
    ...cells.map(({ allow, match }) => ({ key: ALLOW_ORIGIN, ...allow, match })),
    ...credentialsOf(treatments, cells, isNarrower),
    ...(isNarrower ? exposedByCell(treatments) : exposures(rules, plan, treatments)),
  ]);
}

/** "The value must include the protocol": https://help.aliyun.com/zh/cdn/user-guide/create-a-custom-http-response-header */
export const isCheckedOrigin = (origin: string): boolean => /^https?:\/\//.test(origin);

/** The segments that Allow-Origin distinguishes. */
export const allowSegments = ({ segments }: Treatment): readonly Segment[] =>
  merged(segments, ({ credentials }) => String(credentials));

/** Whether a method alone is the condition: the answer is `*` for each request, or the origin check compares the origin. */
export const isByMethod = (treatment: Treatment): boolean => {
  const [first, ...others] = allowSegments(treatment);
  if (treatment.isConstant) return true;
  if (first === undefined || others.length > 0) return false;
  return !first.any && first.patterns.length === 0 && first.exact.every(isCheckedOrigin);
};

function cellsOf(treatments: readonly Treatment[]): readonly Cell[] {
  const groups = Map.groupBy(treatments.filter(isByMethod), (treatment) => {
    const { any, exact, credentials } = allowSegments(treatment)[0] as Segment;
    return JSON.stringify([any, [...exact].sort(), credentials]);
  });
  const byMethod = [...groups.values()].flatMap((group) => {
    const match = methodsCondition(group.map(({ method }) => method));
    return group
      .slice(0, 1)
      .flatMap((one) => allowSegments(one).map((segment) => cell(match, segment, true)));
  });
  const byOrigin = treatments
    .filter((treatment) => !isByMethod(treatment))
    .flatMap((treatment) =>
      allowSegments(treatment).map((segment, at, all) =>
        cell(segmentCondition(treatment.method, segment, all.slice(0, at)), segment, false),
      ),
    );
  return [...byMethod, ...byOrigin];
}

/** Where the condition compares the origin and no cookies are sent, a browser judges `*` as it would judge the origin. */
function cell(match: Match, { any, exact, credentials }: Segment, isByMethod: boolean): Cell {
  const isChecked = !any && (credentials || isByMethod);
  return { match, credentials, allow: isChecked ? { value: exact.join(','), isChecked } : { value: '*' } };
}

function credentialsOf(
  treatments: readonly Treatment[],
  cells: readonly Cell[],
  isNarrower: boolean,
): readonly Drafted[] {
  const segments = treatments.flatMap((treatment) => treatment.segments);
  if (segments.length === 0) return [];
  if (!segments.some(({ credentials }) => credentials))
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
