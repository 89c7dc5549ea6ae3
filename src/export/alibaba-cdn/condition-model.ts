import type { Facts } from '../../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../../cors/names.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import { isGlob } from './glob.ts';

/**
 * Whether a request meets a condition, by the documentation of the rules engine
 * (https://help.aliyun.com/zh/cdn/user-guide/rules-engine). Null: that depends on what this program does not see.
 */
export function matchesCriteria(rule: string, request: Facts): boolean | null {
  const parsed = parseRule(rule);
  if (parsed === null) return null;
  if (parsed.status !== undefined && parsed.status !== 'enable') return false;
  return isFields(parsed.match) ? groupMatches(parsed.match, request) : null;
}

export function parseRule(rule: string): Fields | null {
  try {
    const parsed: unknown = JSON.parse(rule);
    return isFields(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

function groupMatches({ logic, criteria }: Fields, request: Facts): boolean | null {
  if (!Array.isArray(criteria)) return null;
  const results = criteria.map((one) => (isFields(one) ? criterionMatches(one, request) : null));
  const decisive = logic === 'or';
  if (results.includes(decisive)) return decisive;
  return results.includes(null) ? null : !decisive;
}

function criterionMatches(criterion: Fields, request: Facts): boolean | null {
  if (Array.isArray(criterion.criteria)) return groupMatches(criterion, request);
  const seen = seenIn(criterion, request);
  if (seen === undefined) return null;
  const matches = compare(criterion, seen);
  return matches === null ? null : matches !== (criterion.negate === true);
}

/** The part of the request that is compared; null: the request has no such header; undefined: not a part of `Facts`. */
function seenIn({ matchType, matchObject }: Fields, request: Facts): string | null | undefined {
  const type = String(matchType).toLowerCase();
  const name = String(matchObject).toLowerCase();
  if (type === 'method') return request.method;
  if (type !== 'header') return undefined;
  if (name === ORIGIN) return request.origin;
  if (name === REQUEST_METHOD) return request.requestMethod;
  return name === REQUEST_HEADERS ? request.requestHeaders : undefined;
}

function compare(criterion: Fields, seen: string | null): boolean | null {
  const { matchOperator, matchValue, matchType, caseSensitive } = criterion;
  const values = (Array.isArray(matchValue) ? matchValue : [matchValue]).map(String);
  // The values of `method` are in lower case.
  const ignoresCase = caseSensitive === false || String(matchType).toLowerCase() === 'method';
  switch (String(matchOperator).toLowerCase()) {
    case 'exists':
      return seen !== null;
    case 'equals':
      return seen !== null && values.some((value) => isSame(value, seen, ignoresCase));
    case 'contains':
      return seen !== null && values.some((value) => isGlob(value, seen, ignoresCase));
    default:
      return null;
  }
}

const isSame = (one: string, other: string, ignoresCase: boolean): boolean =>
  ignoresCase ? one.toLowerCase() === other.toLowerCase() : one === other;
