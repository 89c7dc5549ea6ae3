import { check } from './check.ts';
import type { Document, Fault, Reading } from './fault.ts';
import { asErrors } from './findings.ts';
import { foreignText } from './foreign.ts';
import { RULE_SET } from './forms.ts';
import { rawFromJson } from './json.ts';
import { type Located, linesOf } from './place.ts';
import type { Raw, RawResult } from './raw.ts';
import { shown } from './shown.ts';
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
    const reason = `has ${bytes} bytes, more than the limit of ${MAX_DOCUMENT_BYTES}`;
    return refused({ place: 'document', reason, write: `a document of at most ${MAX_DOCUMENT_BYTES} bytes` });
  }
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const start = bare.trimStart();
  const first = start.charAt(0);
  if (first === '') return refused({ place: 'document', reason: 'is empty', write: FORMS });
  if (first === '<') return checked(rawFromXml(bare), reading, bare);
  if (first === '{' || first === '[') return checked(rawFromJson(bare), reading, bare);
  const reason = 'is neither XML nor JSON';
  return refused(foreignText(start) ?? { place: 'document', value: shown(bare), reason, write: FORMS });
}

/** Checks a rule set from a program as strictly as a document. Never throws. */
export function readRuleSet(given: { readonly rules: readonly unknown[] }): Document {
  let text: string;
  try {
    text = JSON.stringify(given);
  } catch {
    const reason = 'cannot be read as JSON: it contains a cycle or a BigInt';
    return refused({ place: 'document', reason, write: 'lists, texts and numbers' });
  }
  const read = checked(rawFromJson(text, RULE_SET), 'strict', '');
  return { ...read, lineOf: () => undefined };
}

function checked(result: RawResult, reading: Reading, text: string): Document {
  if (!result.ok) return refused(result.fault, text);
  const { raw } = result;
  return check(
    raw,
    reading,
    linesOf(text, () => locatedIn(raw)),
  );
}

function* locatedIn({ rules, responseVary, unknown, around }: Raw): Iterable<Located> {
  yield* responseVary;
  yield* unknown;
  yield* around;
  for (const rule of rules) {
    yield rule;
    yield* rule.unknown;
    for (const given of Object.values(rule.given)) yield* given;
  }
}

const refused = (fault: Fault, text = ''): Document => ({
  ok: false,
  faults: asErrors([{ code: 'BC001', ...fault }]),
  lineOf: linesOf(text),
});
