import type { Reading } from '../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../document/read.ts';
import { faultLine, type Loaded } from './source.ts';

export { MAX_DOCUMENT_BYTES };

/** Makes what a source found into an outcome: a document that can't be read is `unknown`, whatever it was. */
export function loadedFrom(text: string, reading: Reading, cure: string): Loaded {
  const document = readDocument(text, reading);
  if (!document.ok)
    return { outcome: 'unknown', cause: faultLine(document.faults), cure, faults: document.faults };
  return { outcome: 'rules', ruleSet: document.ruleSet, warnings: document.warnings };
}
