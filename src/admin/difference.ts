import { changesOf } from '../analysis/changes.ts';
import { sentenceOf } from '../analysis/sentence.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import { compileRules } from '../cors/compile.ts';
import type { RuleSet } from '../cors/rule.ts';
import type { VersionDiff } from './api.ts';

/** Most changes of an answer. */
const MOST = 500;

/** What the step from one rule set to another changes for pages, a sentence for each change. */
export function differenceOf(before: RuleSet, after: RuleSet, behaviour: Behaviour): VersionDiff {
  const { changes, complete } = changesOf(compileRules(before, behaviour), compileRules(after, behaviour));
  return {
    changes: changes.slice(0, MOST).map((change) => ({
      effect: change.effect,
      isWider: change.isWider,
      sentence: sentenceOf(change),
    })),
    complete: complete && changes.length <= MOST,
  };
}
