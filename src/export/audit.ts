import type { Change } from '../analysis/change.ts';
import { changesOf } from '../analysis/changes.ts';
import { type CompiledRules, compileRules } from '../cors/compile.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import { METHODS } from '../cors/rule.ts';
import { compareByClasses } from './audit/classes.ts';
import {
  type Audit,
  type Audited,
  type AuditFinding,
  type Direction,
  sortedFindings,
} from './audit/finding.ts';
import type { Deployed } from './deployed.ts';

/** Most origins that a finding names. */
const MAX_ORIGINS = 100;
/** Most findings of an audit. */
const MAX_FINDINGS = 1_000;

/**
 * Where a deployed configuration and a bucket's rules differ. A configuration that enforces rules is compared with them
 * header by header; any other by what a browser notices of its answers.
 */
export function auditOf(rules: CompiledRules, deployed: Deployed): Audit {
  const copy = compileRules(deployed.rules, deployed.behaviour);
  const { findings, complete } = deployed.isExact
    ? compareRules(rules, copy)
    : compareByClasses(rules, copy, deployed);
  const limited = findings.map((finding) => ({ ...finding, origins: finding.origins.slice(0, MAX_ORIGINS) }));
  return {
    findings: sortedFindings(limited).slice(0, MAX_FINDINGS),
    complete: complete && findings.length <= MAX_FINDINGS,
  };
}

function compareRules(rules: CompiledRules, copy: CompiledRules): Audit {
  const { changes, complete } = changesOf(rules, copy);
  return { findings: merged(changes.map(findingOf)), complete };
}

/** Which rule decides makes no finding of its own. */
function merged(findings: readonly AuditFinding[]): readonly AuditFinding[] {
  const alike = Map.groupBy(findings, ({ methods: _, ...common }) => JSON.stringify(common));
  return [...alike.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const methods = [first, ...more].flatMap((finding) => finding.methods);
    return { ...first, methods: METHODS.filter((method) => methods.includes(method)) };
  });
}

function findingOf({ changed, isWider, isNarrower, origins, methods }: Change): AuditFinding {
  const direction: Direction = isWider === isNarrower ? 'other' : isWider ? 'wider' : 'narrower';
  return { direction, audited: auditedOf(changed), origins, methods };
}

function auditedOf(changed: Change['changed']): Audited {
  switch (changed.kind) {
    case 'vary':
      return { kind: 'vary', deployed: changed.after };
    case 'answer': {
      const { request, name, before: bucket, after: deployed } = changed;
      return name === ALLOW_CREDENTIALS
        ? { kind: 'credentials' }
        : { kind: 'answer', request, name, bucket, deployed };
    }
    default:
      return changed;
  }
}
