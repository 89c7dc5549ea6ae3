import { readFileSync } from 'node:fs';
import { checkRules } from '../../src/analysis/check/check.ts';
import { decodeText } from '../../src/document/decode.ts';
import type { Document, Fault } from '../../src/document/fault.ts';
import { readDocument } from '../../src/document/read.ts';

type Outcome = 'read' | 'read with a warning' | 'refused';

const FOLDER = new URL('../fixtures/documents/', import.meta.url);
export const bytesOf = (name: string): Buffer => readFileSync(new URL(name, FOLDER));
/** By file name: what a strict reading of its bytes gives. */
export const EXPECTED = JSON.parse(bytesOf('expected.json').toString()) as Readonly<
  Record<string, { readonly expect: Outcome; readonly note?: string }>
>;

const BEHAVIOUR = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;

interface Read {
  readonly document: Document;
  readonly outcome: Outcome;
  /** Of the reader. */
  readonly messages: readonly Fault[];
}

/**
 * What a strict reading of a file gives. Values that can match no origin are errors of the check of rules, so they count as
 * a warning about a document that is read.
 */
export function readAndCheck(name: string): Read {
  const document = readDocument(decodeText(bytesOf(name)), 'strict');
  if (!document.ok) return { document, messages: document.faults, outcome: 'refused' };
  const { ruleSet, placeOf, warnings } = document;
  const found = checkRules(ruleSet, { behaviour: BEHAVIOUR, placeOf });
  const isWarned = warnings.length > 0 || found.some(({ severity }) => severity === 'error');
  return { document, messages: warnings, outcome: isWarned ? 'read with a warning' : 'read' };
}
