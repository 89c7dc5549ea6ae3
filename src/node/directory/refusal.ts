import { type StoreCode, storeRefusal } from '../../bucket/refusals.ts';
import { codeOf } from '../system-error.ts';
import { documentOf, element } from './xml.ts';

/** What the directory bucket words in its own way, or has beyond the stores' codes of `storeRefusal`. */
const OWN = {
  FileAlreadyExists: {
    status: 409,
    message: 'The name conflicts with another object: on a disk a name is either an object or a folder.',
  },
  EntityTooSmall: {
    status: 400,
    message: 'Your proposed upload is smaller than the minimum allowed size.',
  },
  FieldItemTooLong: { status: 400, message: 'The form has too much before or after its file.' },
  IncorrectNumberOfFilesInPOSTRequest: {
    status: 400,
    message: 'POST requires exactly one file upload per request, in the field "file".',
  },
  InternalError: { status: 500, message: 'The directory bucket could not do this.' },
  InvalidObjectName: { status: 400, message: 'The specified object is not valid.' },
  InvalidPart: {
    status: 400,
    message: 'One or more of the specified parts could not be found, or its ETag does not match.',
  },
  InvalidPartOrder: {
    status: 400,
    message: 'The list of parts was not in ascending order of part numbers.',
  },
  InvalidPolicyDocument: { status: 400, message: 'Invalid Policy: Invalid JSON.' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied.' },
  MalformedPOSTRequest: {
    status: 400,
    message: 'The body of your POST request is not well-formed multipart/form-data.',
  },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NoSuchUpload: {
    status: 404,
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  },
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
  /** Further elements of the document. */
  readonly details: Readonly<Record<string, string>>;
}

/** Creates a refusal; `message` replaces the one in the table. */
export function refusal(
  code: Code,
  message?: string,
  headers: Record<string, string> = {},
  details: Record<string, string> = {},
): Refusal {
  const row = isOwn(code) ? OWN[code] : storeRefusal('oss', code);
  const { status } = row;
  return Object.assign(new Error(message ?? row.message), {
    [REFUSED]: true as const,
    code,
    status,
    headers,
    details,
  });
}

const isRefusal = (error: unknown): error is Refusal => error instanceof Error && REFUSED in error;

/** Turns a thrown value into a refusal. Of a system error it shows the code, not the path. */
export function asRefusal(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  const code = codeOf(error);
  return refusal('InternalError', code && `The directory bucket could not do this: the disk says ${code}.`);
}

/** The error document of a dialect (semantics.md §1), for people and SDKs. */
export const errorXml = (error: Refusal, requestId: string, host: string): string =>
  documentOf('Error', '', [
    element('Code', error.code),
    element('Message', error.message),
    ...Object.entries(error.details).map(([name, text]) => element(name, text)),
    element('RequestId', requestId),
    element('HostId', host),
  ]);
