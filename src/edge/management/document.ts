import { type Checked, refused, type StoreRefusal, storeRefusal } from '../../bucket/refusals.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import type { RuleSet } from '../../cors/rule.ts';
import type { Code } from '../../document/codes.ts';
import { type Fault, faultLine } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../document/read.ts';
import { toXml } from '../../document/xml.ts';

/** The largest document that each store takes, in bytes and in rules (semantics.md §1). */
export const DOCUMENT_LIMITS: Readonly<Record<Dialect, { readonly bytes: number; readonly rules: number }>> =
  {
    oss: { bytes: 16 * 1024, rules: 10 },
    s3: { bytes: MAX_DOCUMENT_BYTES, rules: 100 },
  };

/** Most characters of the list of faults in a message. */
const MAX_LIST = 2_000;

/**
 * Reads a document that a client writes. Returns the text to store, in one canonical form, or the store's refusal with
 * every fault that was found. A strict reading of the text gives the rules that the client wrote.
 */
export function readRules(content: Uint8Array<ArrayBuffer>, dialect: Dialect): Checked<string> {
  if (content.length > DOCUMENT_LIMITS[dialect].bytes) return { ok: false, refusal: tooLarge(dialect) };
  const text = xmlText(content);
  if (typeof text !== 'string') return malformed(dialect, [text]);
  const read = readDocument(text, 'strict');
  if (!read.ok) return refusedFor(dialect, read.faults);
  // Its root is the one of Google Cloud Storage, which OSS and S3 refuse.
  if (read.form !== 'xml') return malformed(dialect, [OTHER_ROOT]);
  const { rules } = read.ruleSet;
  const limit = DOCUMENT_LIMITS[dialect].rules;
  if (rules.length > limit) return tooMany(dialect, rules.length, limit);
  const stored = storedText(read.ruleSet, dialect);
  return stored === null ? refused(dialect, 'EntityTooLarge', STORED_TOO_LARGE) : { ok: true, value: stored };
}

/** The refusal of a longer document, with the limit after the store's words. */
export function tooLarge(dialect: Dialect): StoreRefusal {
  const { message } = storeRefusal(dialect, 'EntityTooLarge');
  const limit = `A document of CORS rules has at most ${DOCUMENT_LIMITS[dialect].bytes} bytes here.`;
  return storeRefusal(dialect, 'EntityTooLarge', `${message} ${limit}`);
}

const STORED_TOO_LARGE = `The document has more than ${MAX_DOCUMENT_BYTES} bytes with its characters escaped as XML: shorten its values, IDs first.`;

const XML_ONLY = 'an XML document in UTF-8 whose root element is CORSConfiguration';
const NOT_UTF8: Fault = { place: 'document', reason: 'is not UTF-8', write: XML_ONLY };
const NOT_XML: Fault = { place: 'document', reason: 'is not XML', write: XML_ONLY };
const OTHER_ROOT: Fault = { place: 'document', reason: 'has another root element', write: XML_ONLY };

/** The document as text, or why it is no XML: the reader accepts JSON too, and no store does. */
function xmlText(content: Uint8Array<ArrayBuffer>): string | Fault {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return NOT_UTF8;
  }
  const start = text.trimStart();
  return start === '' || start.startsWith('<') ? text : NOT_XML;
}

/** The words of S3 for what it reports as InvalidRequest; all else is MalformedXML. */
const S3_WORDS: Partial<Record<Code, (fault: Fault) => string>> = {
  BC006: ({ place, value }) => `${elementAt(place)} "${value}" can not have more than one wildcard.`,
  BC007: ({ value }) => `Found unsupported HTTP method in CORS config. Unsupported method is ${value}`,
  BC009: ({ value }) =>
    `ExposeHeader "${value}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
};

/** `AllowedOrigin` of `CORSRule[1]/AllowedOrigin[2]`. */
const elementAt = (place: string): string => /([^/[]+)\[\d+\]$/.exec(place)?.[1] ?? place;

function refusedFor(dialect: Dialect, faults: readonly Fault[]): Checked<never> {
  const many = faults.find(({ code }) => code === 'BC012');
  if (many !== undefined) return tooMany(dialect, Number(many.value), DOCUMENT_LIMITS[dialect].rules);
  if (dialect !== 's3') return malformed(dialect, faults);
  const words = faults.map((fault) => fault.code && S3_WORDS[fault.code]?.(fault));
  const [first] = words;
  if (first === undefined || words.includes(undefined)) return malformed(dialect, faults);
  return refused(dialect, 'InvalidRequest', withFaults(first, faults));
}

function malformed(dialect: Dialect, faults: readonly Fault[]): Checked<never> {
  const { message } = storeRefusal(dialect, 'MalformedXML');
  return refused(dialect, 'MalformedXML', withFaults(message, faults));
}

function tooMany(dialect: Dialect, count: number, limit: number): Checked<never> {
  const write = `at most ${limit} rules, each with several AllowedOrigin elements`;
  const fault: Fault = {
    place: 'CORSConfiguration',
    value: String(count),
    reason: 'is too many rules',
    write,
  };
  if (dialect === 's3') return malformed(dialect, [fault]);
  const { message } = storeRefusal(dialect, 'CORSRuleBeyondLimit');
  return refused(dialect, 'CORSRuleBeyondLimit', withFaults(message, [fault]));
}

/** The store's words, then the faults: as many as fit, and the number of the others. */
function withFaults(words: string, faults: readonly Fault[]): string {
  const listed: string[] = [];
  let length = 0;
  for (const fault of faults) {
    const line = faultLine([fault]).slice(0, MAX_LIST);
    length += line.length;
    if (length > MAX_LIST) break;
    listed.push(line);
  }
  const rest = faults.length - listed.length;
  if (rest > 0) listed.push(`and ${rest} more`);
  return `${words}${words.endsWith('.') ? '' : '.'} ${listed.join('; ')}`;
}

/**
 * The text to store. OSS always says what ResponseVary is. Without its indentation a large document is about as long as
 * the client wrote it; null if it is too long even so: it could not be read again.
 */
function storedText(ruleSet: RuleSet, dialect: Dialect): string | null {
  const text = toXml(ruleSet);
  const whole =
    dialect === 'oss' && !ruleSet.responseVary
      ? text.replace(END, `  <ResponseVary>false</ResponseVary>\n${END}`)
      : text;
  if (byteLength(whole) <= MAX_DOCUMENT_BYTES) return whole;
  // No value has a line break: a strict reading refuses them.
  const compact = whole.replace(/\n */g, '');
  return byteLength(compact) <= MAX_DOCUMENT_BYTES ? compact : null;
}

const END = '</CORSConfiguration>';

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
