import type { Behaviour } from '../cors/behaviour.ts';
import { type CompiledRules, compileRules, missingBucket, unavailableRules } from '../cors/compile.ts';
import type { LastGood } from './ledger.ts';
import type { Source } from './source.ts';

/** One bucket, as far as its rules are concerned. Another object under the same name is another configuration. */
export interface RuledBucket {
  readonly name: string;
  /**
   * Tells apart buckets that share a name and not a source: in one process one after the other, and in several that
   * share their rules. What is known of rules is known under it; the name unless given.
   */
  readonly key?: string;
  readonly source: Source;
  readonly behaviour: Behaviour;
}

/** Ends the keys of buckets that are others on another machine, though they are called the same: a folder, loopback. */
const HERE = '@here';

export const keyOfHere = (key: string): string => key + HERE;

/** The key under which machines share rules: with the machine's own name where each has a bucket of its own. */
export const sharedKey = (key: string, machine: string): string =>
  key.endsWith(HERE) ? `${key}-${machine}` : key;

export const keyOf = ({ key, name }: RuledBucket): string => key ?? name;

/** A file or a document of this process's own: it is kept where it is, and no other process has a say in it. */
export const isLocal = ({ source }: RuledBucket): boolean =>
  source.kind === 'file' || source.kind === 'inline';

/** The compiled rules that decide requests now, and the version that they came from (null while unavailable). */
export interface RulesInForce {
  readonly rules: CompiledRules;
  readonly version: string | null;
}

/** What the cache holds of a bucket: its last good rules, compiled, and what takes their place when they are too old. */
export interface Held extends RulesInForce {
  readonly bucket: Pick<RuledBucket, 'behaviour'>;
  readonly unavailable: RulesInForce;
}

/** Compiles the last good rules; the same version for the same bucket stays the same object. */
export function hold(
  bucket: Pick<RuledBucket, 'behaviour'>,
  lastGood: Pick<LastGood, 'outcome' | 'ruleSet' | 'version'> | null,
  before: Held | undefined,
): Held {
  const unavailable = { rules: unavailableRules(bucket.behaviour), version: null };
  if (lastGood === null) return { ...unavailable, bucket, unavailable };
  const { version } = lastGood;
  if (before?.bucket === bucket && before.version === version) return before;
  return { rules: compileGood(lastGood, bucket.behaviour), version, bucket, unavailable };
}

function compileGood(
  { outcome, ruleSet }: Pick<LastGood, 'outcome' | 'ruleSet'>,
  behaviour: Behaviour,
): CompiledRules {
  return outcome === 'missing' ? missingBucket(behaviour) : compileRules(ruleSet, behaviour);
}
