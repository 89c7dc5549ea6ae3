import type { ConditionRule, Criterion } from './functions.ts';
import type { Segment } from './segments.ts';

/** Values of one criterion (https://help.aliyun.com/zh/cdn/user-guide/rules-engine). */
export const MAX_VALUES = 32;
/** Criteria of one condition, on the same page. */
export const MAX_CRITERIA = 20;

/** `method` knows get, put, post, delete and head; OPTIONS is not one of its values. */
const methodIs = (method: string): Criterion => ({
  matchType: 'method',
  matchOperator: 'equals',
  matchValue: method.toLowerCase(),
  negate: false,
});

const origin = (values: readonly string[], negate: boolean): Criterion => ({
  matchType: 'header',
  matchObject: 'Origin',
  matchOperator: 'contains',
  matchValue: values,
  negate,
  caseSensitive: true,
});

const hasOrigin: Criterion = {
  matchType: 'header',
  matchObject: 'Origin',
  matchOperator: 'exists',
  matchValue: '',
  negate: false,
};

/** Several Origin lines are one value with a comma, which is no origin (semantics.md §2.2). */
const isOneOrigin = origin(['*,*', '* *'], true);

/** Requests of these methods. */
export const methodsCondition = (methods: readonly string[]): ConditionRule['match'] => ({
  logic: methods.length === 1 ? 'and' : 'or',
  criteria: methods.map(methodIs),
});

/** Requests from the origins of a segment, with one method or with any (null). Only `and` of plain criteria: nesting is documented nowhere. */
export function segmentCondition(
  method: string | null,
  segment: Segment,
  earlier: readonly Segment[],
): ConditionRule['match'] {
  const criteria = method === null ? [] : [methodIs(method)];
  if (segment.any) criteria.push(hasOrigin);
  else criteria.push(origin(valuesOf(segment), false));
  if (segment.any || segment.patterns.length > 0) {
    criteria.push(isOneOrigin, ...noneOf(earlier));
  }
  return { logic: 'and', criteria };
}

/** Requests with one method from no origin of these segments. */
export const otherOrigins = (method: string, segments: readonly Segment[]): ConditionRule['match'] => ({
  logic: 'and',
  criteria: [methodIs(method), ...noneOf(segments)],
});

function noneOf(segments: readonly Segment[]): readonly Criterion[] {
  const values = segments.flatMap(valuesOf);
  return Array.from({ length: Math.ceil(values.length / MAX_VALUES) }, (_, at) =>
    origin(values.slice(at * MAX_VALUES, (at + 1) * MAX_VALUES), true),
  );
}

/**
 * The entries of a segment as values of `contains`: without `*` the whole header is compared. An entry with `*` comes with
 * the origin in which its `*` stands for no character, because the page does not say whether that matches.
 */
export const valuesOf = ({ exact, patterns }: Segment): readonly string[] => [
  ...new Set([
    ...exact,
    ...patterns.flatMap(({ prefix, suffix }) => {
      const bare = `${prefix}${suffix}`;
      return /^https?:\/\/[^./:][^/]*[^./:]$/.test(bare) || bare === 'null'
        ? [`${prefix}*${suffix}`, bare]
        : [`${prefix}*${suffix}`];
    }),
  ]),
];
