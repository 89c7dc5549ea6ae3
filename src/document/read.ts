import { check } from './check.ts';
import type { Document, Reading } from './fault.ts';
import { RULE_SET } from './forms.ts';
import { rawFromJson } from './json.ts';
import { excerpt, type RawResult } from './raw.ts';
import { rawFromXml } from './xml.ts';

/** In bytes of UTF-8. Larger documents are refused without parsing: OSS accepts 16 KB, S3 64 KB. */
export const MAX_DOCUMENT_BYTES = 65_536;

const FORMS = 'a CORSConfiguration document in XML, or in the JSON of ossutil, S3, R2 or GCS';

/**
 * Reads a CORSConfiguration document. The first character that is not white space decides between XML and JSON; a
 * byte order mark is skipped. Never throws, and takes time in proportion to the length of the text.
 */
export function readDocument(text: string, reading: Reading): Document {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_DOCUMENT_BYTES) {
    return refused(
      `has ${bytes} bytes, more than the limit of ${MAX_DOCUMENT_BYTES}`,
      `a document of at most ${MAX_DOCUMENT_BYTES} bytes`,
    );
  }
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const first = bare.trimStart().charAt(0);
  if (first === '') return refused('is empty', FORMS);
  if (first !== '<' && first !== '{' && first !== '[') {
    return refused('is neither XML nor JSON', FORMS, excerpt(bare));
  }
  return checked(first === '<' ? rawFromXml(bare) : rawFromJson(bare), reading);
}

/** Checks a rule set from a program as strictly as a document. Never throws. */
export function readRuleSet(given: { readonly rules: readonly unknown[] }): Document {
  let text: string;
  try {
    text = JSON.stringify(given);
  } catch {
    return refused('cannot be read as JSON: it contains a cycle or a BigInt', 'lists, texts and numbers');
  }
  return checked(rawFromJson(text, RULE_SET), 'strict');
}

function checked(result: RawResult, reading: Reading): Document {
  return result.ok ? check(result.raw, reading) : { ok: false, faults: [result.fault] };
}

function refused(reason: string, write: string, value?: string): Document {
  const fault = { place: 'document', ...(value === undefined ? {} : { value }), reason, write };
  return { ok: false, faults: [fault] };
}
