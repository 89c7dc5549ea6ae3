import { isDeepStrictEqual } from 'node:util';
import { answersAlike, inOrder, sorted } from '../../analysis/alike.ts';
import type { Rule, RuleSet } from '../../cors/rule.ts';
import type { Opened } from '../sources/opened.ts';
import { unreadIn } from './lost.ts';

/**
 * Whether two readings of a bucket found the same: rules and their order, whatever the layout of the document. What is not
 * read of a document is compared as text.
 */
export function isUnchanged(before: Opened, now: Opened): boolean {
  if (before.hasRules !== now.hasRules) return false;
  if (before.text === now.text) return true;
  if (!before.document.ok || !now.document.ok || [before, now].some((one) => unreadIn(one) !== null))
    return false;
  return isDeepStrictEqual(before.document.ruleSet, now.document.ruleSet);
}

/**
 * Whether a bucket answers by the rules that were written. Stores sort the values of a rule, and some drop its ID: rules by
 * which every request is answered alike are the same.
 */
export function isInForce(written: RuleSet | null, { document, hasRules, behaviour }: Opened): boolean {
  if (written === null) return !hasRules;
  if (!hasRules || !document.ok) return false;
  return isDeepStrictEqual(written, document.ruleSet) || answersAlike(written, document.ruleSet, behaviour);
}

/** Whether two rules are the same but for the order of their values, which stores change. */
export const isSameRule = (one: Rule, other: Rule): boolean =>
  isDeepStrictEqual(inOrder(one), inOrder(other));

/** Whether a bucket has these rules already, in this order, and nothing beside them. */
export const hasAlready = (bucket: Opened, ruleSet: RuleSet): boolean =>
  bucket.hasRules &&
  bucket.document.ok &&
  unreadIn(bucket) === null &&
  isDeepStrictEqual(sorted(bucket.document.ruleSet), sorted(ruleSet));
