import type { Domains } from '../analysis/check/domains.ts';
import type { RulesStatus } from '../rules/record.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { KnownVersion } from '../rules/versions.ts';
import type { Editable, Panel, VersionLine } from './api.ts';
import { toConsole } from './console.ts';
import { checked, noted } from './placed.ts';
import { timeOf } from './rules.ts';

/** Returns the rule panel of a bucket: its rules in the console's words, what is wrong with them, and their source. */
export function panelOf(
  { name, source, behaviour }: RuledBucket,
  { state, lastGood, failure }: RulesStatus,
  edit: Editable,
  domains?: Domains,
): Panel {
  const options = { behaviour, ...(domains !== undefined && { domains }) };
  const hasRules = lastGood?.outcome === 'rules';
  return {
    bucket: name,
    state,
    source: { kind: source.kind, name: source.name },
    store: behaviour.dialect,
    version: lastGood?.version ?? null,
    loadedAt: timeOf(lastGood?.loadedAt),
    confirmedAt: timeOf(lastGood?.confirmedAt),
    failure:
      failure === null
        ? null
        : { cause: failure.cause, cure: failure.cure, at: new Date(failure.at).toISOString() },
    rules: hasRules ? toConsole(lastGood.ruleSet) : null,
    findings: hasRules ? [...noted(lastGood.warnings), ...checked(lastGood.ruleSet, options)] : [],
    edit,
  };
}

/** Returns the line of a version. `inForce`: the version that is in force. */
export const versionLine = ({ version, at, ruleSet }: KnownVersion, inForce: string | null): VersionLine => ({
  version,
  at: new Date(at).toISOString(),
  rules: ruleSet.rules.length,
  isInForce: version === inForce,
});
