import { checkRules } from '../analysis/check/check.ts';
import type { CheckOptions } from '../analysis/check/context.ts';
import type { Finding } from '../analysis/check/finding.ts';
import type { RuleSet } from '../cors/rule.ts';
import type { Severity } from '../document/codes.ts';
import type { Fault } from '../document/fault.ts';
import type { Field } from '../document/forms.ts';
import type { PlaceOf } from '../document/place.ts';
import { visible } from '../document/visible.ts';
import type { PlacedFinding } from './api.ts';
import { CONSOLE_FIELDS } from './console.ts';

/** Most findings of an answer. A document of 64 KB can have thousands. */
const MOST = 200;
const SEVERITIES: Readonly<Record<Severity, PlacedFinding['severity']>> = {
  error: 'error',
  warning: 'warning',
  note: 'info',
};
const ORDER: readonly PlacedFinding['severity'][] = ['error', 'warning', 'info'];

/** Places that `placed` reads again: `2/allowedOrigins`. */
const placeOf: PlaceOf = (rule, field) => `${rule ?? ''}/${field ?? ''}`;

/** What `check` finds in rules, each finding beside its field, the worst first. Never throws. */
export function checked(ruleSet: RuleSet, options: Omit<CheckOptions, 'placeOf'>): readonly PlacedFinding[] {
  try {
    return worstFirst(checkRules(ruleSet, { ...options, placeOf }).map(placed));
  } catch (error) {
    const reason = `cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [ofRules({ severity: 'warning', reason, write: 'a report of this defect' })];
  }
}

function placed({ severity, code, rule, place, value, reason, write }: Finding): PlacedFinding {
  const field = place.slice(place.indexOf('/') + 1);
  return {
    severity: SEVERITIES[severity],
    code,
    rule,
    field: field === '' ? null : (CONSOLE_FIELDS[field as Field | 'responseVary'] ?? null),
    value: value ?? null,
    reason,
    write,
  };
}

/** Faults of a rule set as a program writes it (`rules[2]/allowedOrigins[1]`), each beside its field. */
export const placedFaults = (faults: readonly Fault[]): readonly PlacedFinding[] =>
  worstFirst(
    faults.map(({ severity = 'error', code = null, place, value = null, reason, write }) => {
      const [, rule, field = ''] = /^rules\[(\d+)\](?:\/(\w+))?/.exec(place) ?? [];
      const name = place === 'responseVary' ? place : field;
      return {
        severity: SEVERITIES[severity],
        code,
        rule: rule === undefined ? null : Number(rule),
        field: CONSOLE_FIELDS[name as Field | 'responseVary'] ?? null,
        value,
        reason,
        write,
      };
    }),
  );

/** What a reader noted in a document, whose numbers are not those of the rules in force if it has dropped one. */
export const noted = (warnings: readonly Fault[]): readonly PlacedFinding[] =>
  warnings.map(({ severity = 'warning', code = null, place, value = null, reason, write }) =>
    ofRules({ severity: SEVERITIES[severity], code, value, reason: visible(`${place} ${reason}`), write }),
  );

/** A finding about the rule set as a whole. */
export const ofRules = (
  found: Pick<PlacedFinding, 'severity' | 'reason' | 'write'> & Partial<PlacedFinding>,
): PlacedFinding => ({ code: null, rule: null, field: null, value: null, ...found });

function worstFirst(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  const sorted = ORDER.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const more = sorted.length - MOST;
  if (more <= 0) return sorted;
  const reason = `has ${more} more findings`;
  const rest = ofRules({ severity: 'warning', reason, write: 'bucket-cors check, which lists all' });
  return [...sorted.slice(0, MOST), rest];
}
