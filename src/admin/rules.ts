import { toOssJson, toS3Json } from '../document/json.ts';
import type { RuledBucket, RulesStatus } from '../rules/cache.ts';

/** What `/rules` tells of one bucket: the rule set in force, where it comes from and how old it is. */
export function describeRules({ name, source, behaviour }: RuledBucket, status: RulesStatus) {
  const { state, lastGood, failure } = status;
  const toJson = behaviour.dialect === 's3' ? toS3Json : toOssJson;
  return {
    bucket: name,
    state,
    source: { kind: source.kind, name: source.name },
    ...behaviour,
    version: lastGood?.version ?? null,
    outcome: lastGood?.outcome ?? null,
    loadedAt: timeOf(lastGood?.loadedAt),
    confirmedAt: timeOf(lastGood?.confirmedAt),
    ageSeconds:
      lastGood === null ? null : Math.max(0, Math.round((Date.now() - lastGood.confirmedAt) / 1000)),
    warnings: lastGood?.warnings ?? [],
    failure: failure === null ? null : { ...failure, at: timeOf(failure.at) },
    rules: lastGood === null ? null : JSON.parse(toJson(lastGood.ruleSet)),
  };
}

const timeOf = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString();
