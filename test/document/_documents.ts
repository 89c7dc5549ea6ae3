import { readFileSync } from 'node:fs';
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

interface Read {
  readonly document: Document;
  readonly outcome: Outcome;
  readonly messages: readonly Fault[];
}

/** What a strict reading of a file gives. */
export function readAndCheck(name: string): Read {
  const document = readDocument(decodeText(bytesOf(name)), 'strict');
  const messages = document.ok ? document.warnings : document.faults;
  const accepted = messages.length === 0 ? 'read' : 'read with a warning';
  return { document, messages, outcome: document.ok ? accepted : 'refused' };
}
