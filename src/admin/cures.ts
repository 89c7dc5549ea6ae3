import { LRUCache } from 'lru-cache';
import { cureFor } from '../analysis/cure.ts';
import type { Behaviour } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { decide } from '../cors/decide.ts';
import { explain } from '../cors/explain.ts';
import { becauseOfCredentials } from '../cors/explain-credentials.ts';
import { resourceOf } from '../cors/refusal.ts';
import type { RuleSet } from '../cors/rule.ts';
import { compileEntry } from '../rules/in-force.ts';
import type { RulesStatus } from '../rules/record.ts';
import type { RefusedGroup } from '../rules/refusals.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { RefusalCure, RefusalGroup } from './api.ts';
import { toConsole } from './console.ts';
import { differenceOf } from './difference.ts';

/** The rules by which a group is explained. */
export interface GroupRules extends Pick<RuledBucket, 'behaviour'> {
  readonly status: RulesStatus;
}

type Meaning = Pick<RefusalGroup, 'because' | 'cure'>;

/** A meaning, and the rules by which it is right. */
interface Known extends Pick<GroupRules, 'behaviour'> {
  readonly version: string | null;
  readonly meaning: Meaning;
}

/** Explains groups of refusals, each once for each version of the rules. */
export interface Cures {
  /** `rules`: null if the bucket is no longer served. */
  describe(group: RefusedGroup, rules: GroupRules | null): RefusalGroup;
}

/** Explanations in memory: those of as many groups as there may be. */
const MOST = 500;

export function createCures(): Cures {
  const known = new LRUCache<string, Known>({ max: MOST });

  function meaningOf(group: RefusedGroup, rules: GroupRules): Meaning {
    const { behaviour } = rules;
    const lastGood = inForceOf(rules);
    const version = lastGood?.version ?? null;
    const found = known.get(group.id);
    // Rules are compiled for new groups alone: that may take longer than all that is known.
    if (found?.version === version && found.behaviour === behaviour) return found.meaning;
    const before = lastGood === null || lastGood.outcome === 'missing' ? null : lastGood.ruleSet;
    const meaning = {
      because: becauseOf(group, compileEntry({ behaviour }, lastGood, undefined).rules),
      cure: cureOf(group, before, behaviour),
    };
    known.set(group.id, { version, behaviour, meaning });
    return meaning;
  }

  return {
    describe(group, rules) {
      const { isCut: _, firstAt, lastAt, ...same } = group;
      const times = { firstAt: new Date(firstAt).toISOString(), lastAt: new Date(lastAt).toISOString() };
      return { ...same, ...times, ...(rules === null ? GONE : meaningOf(group, rules)) };
    },
  };
}

const GONE: Meaning = { because: 'The bucket is no longer served here.', cure: null };

/** The last good rules, unless they are too old. */
const inForceOf = ({ status: { state, lastGood } }: GroupRules) =>
  state === 'unavailable' ? null : lastGood;

const factsOf = ({ kind, origin, method, headers }: RefusedGroup) =>
  kind === 'preflight'
    ? { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: headers.join(',') || null }
    : { method, origin, requestMethod: null, requestHeaders: null };

/** Explain's sentence by the rules that are in force now: they may allow by now what was refused. */
function becauseOf(group: RefusedGroup, rules: CompiledRules): string {
  const facts = factsOf(group);
  const { reason, because } = explain(rules, facts, resourceOf(group.path));
  if (group.reason === 'credentials_not_allowed' && reason === 'matched')
    return becauseOfCredentials(rules, decide(rules, facts));
  return reason === 'matched' ? `The rules have changed since. ${because}` : because;
}

function cureOf(group: RefusedGroup, before: RuleSet | null, behaviour: Behaviour): RefusalCure | null {
  if (group.isCut || before === null) return null;
  const { origin, method, headers } = group;
  const credentials = group.reason === 'credentials_not_allowed';
  const cure = cureFor(before, behaviour, { origin, method, headers, credentials });
  if (cure === null) return null;
  return {
    sentence: cure.sentence,
    rules: toConsole(cure.ruleSet),
    changes: differenceOf(before, cure.ruleSet, behaviour).changes,
  };
}
