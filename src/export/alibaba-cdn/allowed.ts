import { methodsCondition, otherOrigins, segmentCondition } from './conditions.ts';
import type { ConditionRule, HeaderEntry } from './functions.ts';
import { merged, type Segment, type Treatment } from './segments.ts';

type Match = ConditionRule['match'];

/** A header under a condition; null: every request. */
export interface Drafted extends Omit<HeaderEntry, 'condition'> {
  readonly match: Match | null;
}

/** Requests whose answer has the same Access-Control-Allow-Origin. */
export interface Cell {
  readonly match: Match;
  readonly allow: Omit<HeaderEntry, 'key'>;
  readonly credentials: boolean;
}

/** "The value must include the protocol": https://help.aliyun.com/zh/cdn/user-guide/create-a-custom-http-response-header */
export const isCheckedOrigin = (origin: string): boolean => /^https?:\/\//.test(origin);

/** The segments that Allow-Origin distinguishes. */
const allowSegments = ({ segments }: Treatment): readonly Segment[] =>
  merged(segments, ({ credentials }) => String(credentials));

/** Whether a method alone is the condition: the answer is `*` for each request, or the origin check compares the origin. */
export const isByMethod = (treatment: Treatment): boolean => {
  const [first, ...others] = allowSegments(treatment);
  if (treatment.isConstant) return true;
  if (first === undefined || others.length > 0) return false;
  return !first.any && first.patterns.length === 0 && first.exact.every(isCheckedOrigin);
};

/** Every answer that the methods' origins get, each under a condition that no other answer's requests meet. */
export function cellsOf(treatments: readonly Treatment[]): readonly Cell[] {
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

/**
 * Conditions for the requests that no cell has, to methods that a cache answers from a copy which was stored for another
 * origin or method: its Allow-Origin is not theirs. A cell with the origin check has all requests of its methods.
 */
export function withoutCell(treatments: readonly Treatment[], methods: readonly string[]): readonly Match[] {
  const unlisted = methods.filter((method) => treatments.every((treatment) => treatment.method !== method));
  const partial = treatments.filter(
    (treatment) =>
      methods.includes(treatment.method) &&
      !isByMethod(treatment) &&
      allowSegments(treatment).every(({ any }) => !any),
  );
  return [
    ...(unlisted.length > 0 ? [methodsCondition(unlisted)] : []),
    ...partial.map((treatment) => otherOrigins(treatment.method, allowSegments(treatment))),
  ];
}

/** Where the condition compares the origin and no cookies are sent, a browser judges `*` as it would judge the origin. */
function cell(match: Match, { any, exact, credentials }: Segment, isByMethod: boolean): Cell {
  const isChecked = !any && (credentials || isByMethod);
  return { match, credentials, allow: isChecked ? { value: exact.join(','), isChecked } : { value: '*' } };
}
