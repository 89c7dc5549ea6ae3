import { check } from './check.ts';
import type { Document, Reading } from './fault.ts';
import { takeJson } from './json.ts';
import { shown } from './raw.ts';
import { RULE_SET } from './words.ts';
import { takeXml } from './xml.ts';

/** Larger documents are refused unread: OSS takes 16 KB, S3 64 KB. Counted in bytes of UTF-8. */
export const MAX_DOCUMENT_BYTES = 65_536;

const FORMS = 'a CORSConfiguration document in XML, or JSON as ossutil, S3, R2 or GCS has it';

const refused = (reason: string, write: string, value?: string): Document => ({
  ok: false,
  faults: [{ place: 'document', ...(value === undefined ? {} : { value }), reason, write }],
});

/**
 * Reads a CORSConfiguration document, XML or JSON: the first character that isn't white space tells which. A byte
 * order mark is let pass. Never throws; whatever the text, it takes time in proportion to its length.
 */
export const readDocument = (text: string, reading: Reading): Document => {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_DOCUMENT_BYTES) {
    return refused(
      `${bytes} bytes, more than the ${MAX_DOCUMENT_BYTES} that are read`,
      `a document of at most ${MAX_DOCUMENT_BYTES} bytes`,
    );
  }
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const first = bare.trimStart().charAt(0);
  if (first === '') return refused('empty', FORMS);
  if (first !== '<' && first !== '{' && first !== '[') {
    return refused('neither XML nor JSON', FORMS, shown(bare));
  }
  const taken = first === '<' ? takeXml(bare) : takeJson(bare);
  return taken.ok ? check(taken.raw, reading) : { ok: false, faults: [taken.fault] };
};

/** Checks a rule set that a program gives, as strictly as a document; its rules must be a list. Never throws. */
export const readRuleSet = (given: { readonly rules: readonly unknown[] }): Document => {
  let text: string;
  try {
    text = JSON.stringify(given);
  } catch {
    return refused('no data: it holds a circle or a BigInt', 'lists, texts and numbers');
  }
  const taken = takeJson(text, RULE_SET);
  return taken.ok ? check(taken.raw, 'strict') : { ok: false, faults: [taken.fault] };
};
