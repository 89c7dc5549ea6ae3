import type { Rule } from './rule.ts';

/** Longer names are not compared letter by letter. */
const MAX_NAME = 100;

/**
 * Returns what a rule says that is close to a request header which it does not allow, as the end of a sentence about the
 * rule; null if nothing is close. `name` is in lower case.
 */
export function nearHeader(rule: Rule, name: string): string | null {
  if (rule.allowedHeaders.length === 0) return 'lists no AllowedHeader';
  if (name.length <= MAX_NAME) {
    const entries = rule.allowedHeaders.filter(({ length }) => length <= MAX_NAME);
    const slip = entries.find((entry) => isOneSlip(entry.toLowerCase(), name));
    if (slip !== undefined) return `lists ${slip}, not ${name}`;
    const sibling = entries.find((entry) => isSibling(entry.toLowerCase(), name));
    if (sibling !== undefined) return `lists ${sibling}, which does not cover ${name}`;
  }
  return rule.exposeHeaders.some((exposed) => exposed.toLowerCase() === name)
    ? `lists ${name} as ExposeHeader, which is for response headers`
    : null;
}

/** Whether two names differ in hyphens and underscores only, or in one letter that is wrong, missing or added. */
function isOneSlip(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 5) return false;
  if (withoutMarks(one) === withoutMarks(other)) return true;
  if (Math.abs(one.length - other.length) > 1 || Math.min(one.length, other.length) < 4) return false;
  let from = 0;
  while (from < one.length && one[from] === other[from]) from += 1;
  let back = 0;
  const most = Math.min(one.length, other.length) - from;
  while (back < most && one.at(-1 - back) === other.at(-1 - back)) back += 1;
  return Math.max(one.length, other.length) - from - back === 1;
}

const withoutMarks = (name: string): string => name.replace(/[-_]/g, '');

/** Whether a pattern has the first two parts of a name: `x-oss-meta-*` and `x-oss-acl`. */
function isSibling(entry: string, name: string): boolean {
  const [family] = /^[^-*]+-[^-*]+-/.exec(entry) ?? [];
  return family !== undefined && entry.includes('*') && name.startsWith(family);
}
