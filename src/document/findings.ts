import type { Fault, Reading } from './fault.ts';
import type { Form } from './forms.ts';
import { nearest } from './nearest.ts';
import { excerpt, type Given, type Problem, type UnknownName } from './raw.ts';
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
  return { place: given.place, value: excerpt(trimmed(given.value)), ...problem };
}

/** The valid values, trimmed; each of the others becomes a fault. */
export function validValues(given: readonly Given[], test: Test, { faults }: Findings): readonly string[] {
  return given.flatMap((one) => {
    const value = trimmed(one.value);
    const problem = one.problem ?? test(value);
    if (problem === undefined) return [value];
    faults.push(faultOf(one, problem));
    return [];
  });
}

/** The valid values of a field that may be given once; each repetition is a fault. */
export function singleValues(given: readonly Given[], test: Test, findings: Findings): readonly string[] {
  for (const again of given.slice(1))
    findings.faults.push(faultOf(again, { reason: 'is given twice', write: 'it once' }));
  return validValues(given, test, findings);
}

/** An unknown key is a fault in a strict reading; an unknown element, or a store's unknown key, is ignored. */
export function reportUnknown(
  unknown: readonly UnknownName[],
  known: readonly string[],
  { form: { unit }, reading, faults, notes }: Findings,
): void {
  const refuses = unit === 'key' && reading === 'strict';
  for (const { place, name } of unknown) {
    const fault = {
      place,
      value: excerpt(name),
      reason: refuses ? `is an unknown ${unit}` : `is an unknown ${unit} and is ignored`,
      write: nearest(name, known) ?? `leave it out; known here: ${known.join(', ')}`,
    };
    if (refuses) faults.push(fault);
    else notes.push(fault);
  }
}

export function capped(faults: readonly Fault[], place: string): readonly Fault[] {
  if (faults.length <= MAX_LISTED) return faults;
  const reason = `has ${faults.length - MAX_LISTED} more faults`;
  return [...faults.slice(0, MAX_LISTED), { place, reason, write: 'a document without the faults above' }];
}
