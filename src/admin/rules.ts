import { TO_STORE_JSON } from '../document/writers/json.ts';
import { warningsOf } from '../rules/findings.ts';
import type { RulesStatus } from '../rules/record.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { Written } from '../rules/source.ts';

/** Returns the answer of `/rules` for one bucket: the rule set in force, what was found in it, its source and its age. */
export function describeRules({ name, source, behaviour }: RuledBucket, status: RulesStatus) {
  const { state, lastGood, findings, failure, age } = status;
  // After maxStale the last good rules are still stored, but no longer in force.
  const inForce = state === 'fresh' || state === 'stale' ? lastGood : null;
  return {
    bucket: name,
    state,
    source: { kind: source.kind, name: source.name },
    ...behaviour,
    version: inForce?.version ?? null,
    outcome: inForce?.outcome ?? null,
    loadedAt: timeOf(lastGood?.loadedAt),
    confirmedAt: timeOf(lastGood?.confirmedAt),
    ageSeconds: age === null ? null : Math.round(age / 1000),
    ...(source.written !== undefined && { written: writtenBy(source.written()) }),
    warnings: inForce === null ? [] : warningsOf(inForce.warnings, findings),
    failure: failure === null ? null : { ...failure, at: timeOf(failure.at) },
    rules: inForce === null ? null : JSON.parse(TO_STORE_JSON[behaviour.dialect](inForce.ruleSet)),
  };
}

const writtenBy = (written: Written | null) =>
  written === null ? null : { by: written.writer, at: timeOf(written.writtenAt) };

/** ISO 8601 in UTC; null without a time. */
export const timeOf = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
