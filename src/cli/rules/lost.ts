import type { Dialect } from '../../cors/behaviour.ts';
import type { RuleSet } from '../../cors/rule.ts';
import type { Opened } from '../sources/opened.ts';

/** What a bucket's document has that its rules do not say, as the predicate of a sentence; null if there is nothing. */
export function unreadIn({ document }: Opened): string | null {
  if (!document.ok) return 'has a document that cannot be read';
  const [beyond] = document.beyond;
  if (beyond !== undefined) return `has ${beyond}, which is not read`;
  // A value that counts as absent says nothing.
  const unread = document.warnings.find(({ code }) => code !== 'BC004');
  return unread === undefined ? null : `has a value that is not read at ${unread.place}`;
}

/** Rules as a store of this kind takes them, and a sentence for each thing that is left out. */
export function fitted(
  { rules, responseVary }: RuleSet,
  store: Dialect,
): { readonly ruleSet: RuleSet; readonly notes: readonly string[] } {
  const hasIds = store === 'oss' && rules.some(({ id }) => id !== undefined);
  const hasVary = store === 's3' && responseVary;
  return {
    ruleSet: {
      rules: hasIds ? rules.map(({ id: _, ...rule }) => rule) : rules,
      responseVary: responseVary && !hasVary,
    },
    notes: [
      ...(hasIds ? ['IDs of rules are left out: OSS has none, and no decision depends on them'] : []),
      ...(hasVary ? ['ResponseVary is left out: only OSS has it'] : []),
    ],
  };
}
