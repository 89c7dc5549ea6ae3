import { type StoreCode, storeRefusal } from '../../bucket/refusals.ts';
import { codeOf } from '../system-error.ts';

/** What the directory bucket words in its own way, or has beyond the stores' codes of `storeRefusal`. */
const OWN = {
  BadDigest: { status: 400, message: 'The CRC32 you specified did not match what we received.' },
  EntityTooLarge: { status: 400, message: 'The CORS document is larger than 16 KB.' },
  FileAlreadyExists: {
    status: 409,
    message: 'The name conflicts with another object: on a disk a name is either an object or a folder.',
  },
  InternalError: { status: 500, message: 'The directory bucket could not do this.' },
  InvalidObjectName: { status: 400, message: 'The specified object is not valid.' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied.' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NotImplemented: { status: 501, message: 'The directory bucket does not do this.' },
  PreconditionFailed: {
    status: 412,
    message: 'At least one of the preconditions you specified did not hold.',
  },
} as const;

export type Code = keyof typeof OWN | StoreCode;

const isOwn = (code: Code): code is keyof typeof OWN => code in OWN;

const REFUSED = Symbol('refused');

/** An error response, thrown where its reason is found. */
export interface Refusal extends Error {
  readonly [REFUSED]: true;
  readonly code: Code;
  readonly status: number;
  /** Headers of this refusal, such as Allow. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Creates a refusal; `message` replaces the one in the table. */
export function refusal(code: Code, message?: string, headers: Record<string, string> = {}): Refusal {
  const row = isOwn(code) ? OWN[code] : storeRefusal('oss', code);
  const { status } = row;
  return Object.assign(new Error(message ?? row.message), {
    [REFUSED]: true as const,
    code,
    status,
    headers,
  });
}

const isRefusal = (error: unknown): error is Refusal => error instanceof Error && REFUSED in error;

/** Turns a thrown value into a refusal. Of a system error it shows the code, not the path. */
export function asRefusal(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  const code = codeOf(error);
  return refusal('InternalError', code && `The directory bucket could not do this: the disk says ${code}.`);
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

// XML 1.0 cannot represent these, not even escaped (https://www.w3.org/TR/xml/#charsets). The text may name an object or
// quote a document, so U+FFFD shows where one was.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\u{FFFD}').replace(/[&<>"']/g, (character) => XML_ESCAPES[character] ?? '');

/** OSS's error document (semantics.md §1). */
export const errorXml = (error: Refusal, requestId: string, host: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>${error.code}</Code>
  <Message>${escapeXml(error.message)}</Message>
  <RequestId>${escapeXml(requestId)}</RequestId>
  <HostId>${escapeXml(host)}</HostId>
</Error>
`;
