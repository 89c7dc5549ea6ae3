import { modelOf } from '../../analysis/model.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { EXPOSE_HEADERS } from '../../cors/names.ts';
import { isOneOrigin } from '../../cors/origin.ts';
import type { Plan } from '../plan.ts';
import { type Drafted, isByMethod } from './allowed.ts';
import { methodsCondition, segmentCondition } from './conditions.ts';
import { accepts, exposedKey, merged, type Segment, segmentsOf, type Treatment } from './segments.ts';

const keyOf = ({ exposed }: Segment): string => exposedKey(exposed);

/**
 * The headers that scripts can read, under the fewest conditions. Where no origin is allowed, the header has no effect: a
 * condition may leave out the methods, or the origins.
 */
export function exposures(
  rules: CompiledRules,
  plan: Plan,
  treatments: readonly Treatment[],
): readonly Drafted[] {
  const segments = treatments.flatMap((treatment) => treatment.segments);
  const kinds = new Map(segments.map((segment) => [keyOf(segment), segment]));
  if (kinds.size <= 1) return [...kinds.values()].map(({ exposed }) => entry(exposed, null));
  const [byMethod, byOrigin] = [exposedByMethod(treatments), exposedByOrigin(rules, plan, treatments)];
  return byOrigin !== null && byOrigin.length < byMethod.length ? byOrigin : byMethod;
}

const entry = (exposed: readonly string[], match: Drafted['match']): Drafted => ({
  key: EXPOSE_HEADERS,
  value: exposed.length > 0 ? exposed.join(',') : null,
  match,
});

/** A condition for the methods whose answers expose the same to all origins; for the others, one for each segment. */
const exposedByMethod = (treatments: readonly Treatment[]): readonly Drafted[] =>
  grouped(treatments, ({ segments }) => segments.length === 1);

/** The same, but only where Allow-Origin is written too. */
export const exposedByCell = (treatments: readonly Treatment[]): readonly Drafted[] =>
  grouped(treatments, (treatment) => treatment.segments.length === 1 && isByMethod(treatment));

function grouped(
  treatments: readonly Treatment[],
  isUniform: (treatment: Treatment) => boolean,
): readonly Drafted[] {
  const fine = treatments.map((treatment) => ({ ...treatment, segments: merged(treatment.segments, keyOf) }));
  const groups = Map.groupBy(fine.filter(isUniform), ({ segments }) => segments.map(keyOf).join());
  const uniform = [...groups.values()].flatMap((group) =>
    group
      .slice(0, 1)
      .flatMap(({ segments }) => segments)
      .map(({ exposed }) => entry(exposed, methodsCondition(group.map(({ method }) => method)))),
  );
  const others = fine
    .filter((treatment) => !isUniform(treatment))
    .flatMap(({ method, segments }) =>
      segments.map((one, at) => entry(one.exposed, segmentCondition(method, one, segments.slice(0, at)))),
    );
  return [...uniform, ...others];
}

/** Conditions on the origin alone; null where methods expose different headers to one origin, or to requests without. */
function exposedByOrigin(
  rules: CompiledRules,
  plan: Plan,
  treatments: readonly Treatment[],
): readonly Drafted[] | null {
  const all = merged(segmentsOf(plan, null), keyOf);
  if (treatments.some(({ isConstant }) => isConstant)) return null;
  const model = modelOf([rules]);
  const origins = model.origins.flatMap((one) => one.origins).filter(isOneOrigin);
  const isSame = origins.every((origin) =>
    treatments.every(({ segments }) => {
      const own = exposedTo(segments, origin);
      return own === null || own === exposedTo(all, origin);
    }),
  );
  if (!model.complete || !isSame) return null;
  return all.map((one, at) => entry(one.exposed, segmentCondition(null, one, all.slice(0, at))));
}

function exposedTo(segments: readonly Segment[], origin: string): string | null {
  const found = segments.find((segment) => accepts(segment, origin));
  return found === undefined ? null : keyOf(found);
}
