import { SEVERITIES } from './codes.ts';
import type { Fault, Reading } from './fault.ts';
import type { Form } from './forms.ts';
import { excerpt, type Given, type Problem, type UnknownName } from './raw.ts';
import { shown } from './shown.ts';
import { trimmed } from './value.ts';

/** Longer lists of faults end in an entry that counts the rest. */
const MAX_LISTED = 500;

/** What the check of one document found so far. */
export interface Findings {
  readonly form: Form;
  readonly reading: Reading;
  /** Each refuses the document in a strict reading. */
  readonly faults: Fault[];
  /** Warnings in either reading. */
  readonly notes: Fault[];
}

export type Test = (value: string) => Problem | undefined;

export function faultOf(given: Given, problem: Problem): Fault {
  return { place: given.place, value: shown(trimmed(given.value)), ...problem };
}

const ABSENT_WRITE = 'a value, or leave it out';

/** The values that are given: `null` and the empty text count as absent, each with a warning. */
export function presentValues(given: readonly Given[], { notes }: Findings): readonly Given[] {
  if (!given.some(isAbsent)) return given;
  for (const one of given.filter(isAbsent)) {
    const reason = `is ${one.absent ? 'null' : 'empty'} and counts as absent`;
    notes.push({ code: 'BC004', place: one.place, reason, write: ABSENT_WRITE });
  }
  return given.filter((one) => !isAbsent(one));
}

const isAbsent = ({ problem, absent, value }: Given): boolean =>
  absent === true || (problem === undefined && trimmed(value) === '');

/** The valid values, trimmed; each of the others becomes a fault. */
export function validValues(given: readonly Given[], test: Test, { faults }: Findings): readonly Given[] {
  const valid: Given[] = [];
  for (const one of given) {
    const value = trimmed(one.value);
    const problem = one.problem ?? test(value);
    if (problem !== undefined) faults.push(faultOf(one, problem));
    else valid.push(value === one.value ? one : { ...one, value });
  }
  return valid;
}

/** The valid values of a field that may be given once; each repetition is a fault. */
export function singleValues(given: readonly Given[], test: Test, findings: Findings): readonly Given[] {
  const problem: Problem = { code: 'BC005', reason: 'is given twice', write: 'it once' };
  for (const again of given.slice(1)) findings.faults.push(faultOf(again, problem));
  return validValues(given, test, findings);
}

/** What a form knows at one place. */
export interface Known {
  readonly names: readonly string[];
  /** The known name that seems to be meant. */
  readonly meant: (name: string) => string | undefined;
  /** Whether an unknown element may hide values that a reader of the document counts on. */
  readonly hides: (name: string) => boolean;
}

/**
 * Reports the names that the form does not define. In a strict reading an unknown key is a fault, and so is an unknown
 * element that hides values. Any other is ignored with a warning.
 */
export function reportUnknown(
  unknown: readonly UnknownName[],
  { names, meant, hides }: Known,
  { form: { unit }, reading, faults, notes }: Findings,
): void {
  for (const { place, name } of unknown) {
    const refuses = reading === 'strict' && (unit === 'key' || hides(name));
    const fault: Fault = {
      code: 'BC002',
      place,
      value: excerpt(name),
      reason: refuses ? `is an unknown ${unit}` : `is an unknown ${unit} and is ignored`,
      write: written(meant(name), name) ?? `only ${names.join(', ')}`,
    };
    if (refuses) faults.push(fault);
    else notes.push(fault);
  }
}

/** The right name is unknown only as one literal key: `allowed/origins` means a key inside another one. */
function written(right: string | undefined, name: string): string | undefined {
  const [group, inner] = right === name ? name.split('/') : [];
  return inner === undefined ? right : `{"${group}": {"${inner}": […]}}`;
}

export function capped(faults: readonly Fault[], place: string): readonly Fault[] {
  if (faults.length <= MAX_LISTED) return faults;
  const reason = `has ${faults.length - MAX_LISTED} more faults`;
  const rest: Fault = { code: 'BC001', place, reason, write: 'a document without the faults above' };
  return [...faults.slice(0, MAX_LISTED), rest];
}

export const asErrors = (faults: readonly Fault[]): readonly Fault[] =>
  faults.map((fault) => ({ ...fault, severity: 'error' }));

export const asWarnings = (faults: readonly Fault[]): readonly Fault[] =>
  faults.map((fault) => ({ ...fault, severity: 'warning' }));

/** Faults of rules that are in force in spite of them: each as severe as its kind. */
export const asRated = (faults: readonly Fault[]): readonly Fault[] =>
  faults.map((fault) => ({
    ...fault,
    severity: fault.code === undefined ? 'warning' : SEVERITIES[fault.code],
  }));
