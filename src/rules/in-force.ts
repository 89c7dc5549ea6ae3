import type { Behaviour } from '../cors/behaviour.ts';
import { type CompiledRules, compileRules, missingBucket, unavailableRules } from '../cors/compile.ts';
import type { LastGood } from './last-good.ts';
import type { RuledBucket } from './ruled-bucket.ts';

/** The compiled rules that decide requests now, and their version (null while unavailable). */
export interface RulesInForce {
  readonly rules: CompiledRules;
  readonly version: string | null;
}

/** A bucket's last good rules, compiled for one configuration of the bucket. */
export interface CompiledEntry extends RulesInForce {
  readonly bucket: Pick<RuledBucket, 'behaviour'>;
  /** In force instead once the last good rules are too old. */
  readonly unavailable: RulesInForce;
}

/** Compiles the last good rules. Returns `before` itself if it has the same version and configuration. */
export function compileEntry(
  bucket: Pick<RuledBucket, 'behaviour'>,
  lastGood: Pick<LastGood, 'outcome' | 'ruleSet' | 'version'> | null,
  before: CompiledEntry | undefined,
): CompiledEntry {
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
