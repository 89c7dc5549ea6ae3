import { isFields } from '../document/fields.ts';
import { readDocument } from '../document/read.ts';
import type { RegisterEntry } from './register.ts';

/** An entry as it is stored. */
export interface StoredEntry extends RegisterEntry {
  /** Random, and another one for each write. */
  readonly revision: string;
}

/** The limit of a stored entry. JSON writes a character of the longest document, 64 KB, in up to six. */
export const MAX_ENTRY_BYTES = 524_288;

/** Incremented when a reader of the previous format could misread the text. */
const FORMAT = 1;
const LATEST_DATE = 8.64e15;
const REVISION = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** An access key id as a store gives it out: printable ASCII. */
const WRITER = /^[\x21-\x7e]{1,256}$/;

/** Characters of a stored entry up to the end of its revision, which no two writes have in common. */
export const HEAD_LENGTH = `{"format":${FORMAT},"revision":"`.length + 36;

/** The stored text of an entry. Throws an Error if `decodeEntry` would refuse it. */
export function encodeEntry(
  bucket: string,
  { document, writer, writtenAt }: RegisterEntry,
  revision: string,
): string {
  const text = `${JSON.stringify({ format: FORMAT, revision, bucket, writer, writtenAt, document })}\n`;
  const read = decodeEntry(bucket, text);
  if ('fault' in read) throw new Error(`the entry would be ${read.fault}`);
  return text;
}

/**
 * Reads the text that `encodeEntry` should have written for this bucket. The text is not trusted: its document has to be
 * one that a client may write. Never throws; `fault` completes the sentence "… is".
 */
export function decodeEntry(bucket: string, text: string): StoredEntry | { readonly fault: string } {
  if (new TextEncoder().encode(text).length > MAX_ENTRY_BYTES)
    return { fault: `over ${MAX_ENTRY_BYTES} bytes` };
  const entry = parsed(text);
  if (!isFields(entry)) return { fault: 'incomplete: it is not a JSON object' };
  if (entry.format !== FORMAT) return { fault: `not of format ${FORMAT}` };
  if (entry.bucket !== bucket) return { fault: 'about another bucket' };
  const { revision, writer, writtenAt, document } = entry;
  if (typeof revision !== 'string' || !REVISION.test(revision)) return { fault: 'without a valid revision' };
  if (typeof writer !== 'string' || !WRITER.test(writer))
    return { fault: 'without the key id of its writer' };
  if (typeof writtenAt !== 'number' || !(writtenAt >= 0 && writtenAt <= LATEST_DATE))
    return { fault: 'without a valid time: writtenAt, in milliseconds since 1970' };
  if (document !== null && !isDocument(document)) return { fault: 'without a valid rules document' };
  return { revision, writer, writtenAt, document };
}

/** Only XML: clients get the document as it is stored. */
const isDocument = (value: unknown): value is string =>
  typeof value === 'string' && value.trimStart().startsWith('<') && readDocument(value, 'strict').ok;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
