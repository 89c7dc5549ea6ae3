import { randomUUID } from 'node:crypto';
import { decode as decodeParameter, parametersOf } from '../../bucket/sign/canonical.ts';
import { refusal } from './refusal.ts';

/** The target of a request: the bucket itself (no segments) or one object, with an optional subresource. */
export interface Target {
  /** The object's name, decoded and split at each `/`; empty for the bucket. */
  readonly segments: readonly string[];
  /** `cors`, `acl` …: one of OSS's subresources. */
  readonly subresource?: string;
}

/** The prefix of temporary files, which lie in their object's folder; reserved, so no object's name starts with it. */
export const TEMPORARY_PREFIX = '.bucket-cors-';

const TEMPORARY = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A new name of a temporary file. */
export const temporaryName = (): string => `${TEMPORARY_PREFIX}${randomUUID()}`;

/** Whether a name is one of `temporaryName`. */
export const isTemporary = (name: string): boolean =>
  name.startsWith(TEMPORARY_PREFIX) && TEMPORARY.test(name.slice(TEMPORARY_PREFIX.length));

// OSS's limit on a name, and file systems' limit on each segment, in bytes of UTF-8.
const NAME_BYTES = 1023;
const SEGMENT_BYTES = 255;

// OSS's subresources without a value. With a value these names are ordinary parameters.
const BARE = new Set(
  `accessmonitor accessPoint acl append asyncFetch bucketArchiveDirectRead bucketInfo cname comp cors delete
  encryption httpsConfig inventory lifecycle live location logging metaQuery objectMeta policy policyStatus
  publicAccessBlock qos qosInfo referer regionList replication replicationLocation replicationProgress
  requestPayment resourceGroup restore rtc sealAppend stat style symlink tagging transferAcceleration uploads
  versioning versions vod website worm wormExtend`.split(/\s+/),
);

// These name a part or a version. Ignoring them would store a part as the object, or delete the object instead of
// aborting an upload.
const VALUED = new Set(['uploadId', 'versionId']);

const invalidName = (reason: string) =>
  refusal('InvalidObjectName', `The specified object is not valid: ${reason}.`);

/** Decodes percent-encoding once. Throws a refusal if the result is not UTF-8. */
function decode(raw: string): string {
  try {
    // Node decodes the target's bytes as Latin-1.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(raw, 'latin1'),
    );
    return decodeURIComponent(text);
  } catch {
    throw invalidName('it is not percent-encoded UTF-8');
  }
}

function checkSegment(segment: string): void {
  if (segment === '') throw invalidName('it begins or ends with / or has an empty part between two');
  if (segment === '.' || segment === '..') throw invalidName('it has a . or .. segment');
  if (segment.toLowerCase().startsWith(TEMPORARY_PREFIX)) {
    throw invalidName(`names starting with ${TEMPORARY_PREFIX} are reserved`);
  }
  if (Buffer.byteLength(segment) > SEGMENT_BYTES) {
    throw invalidName(`a part between two / is longer than ${SEGMENT_BYTES} bytes`);
  }
}

/**
 * Splits an object's name. Throws a refusal (InvalidObjectName) for one that this bucket cannot store or that would leave
 * its folder.
 */
export function segmentsOf(name: string): readonly string[] {
  if (name.includes('\\')) throw invalidName('it has a backslash');
  // A form's text is decoded with it in place of what is no UTF-8, and listings leave such names out.
  if (name.includes('\u{FFFD}')) throw invalidName('it has the character U+FFFD');
  if (name.includes('\0')) throw invalidName('it has a NUL character');
  if (Buffer.byteLength(name) > NAME_BYTES) throw invalidName(`it is longer than ${NAME_BYTES} bytes`);
  // Split after decoding: as in OSS `%2F` equals `/`, so an encoded dot segment cannot pass.
  const segments = name.split('/');
  segments.forEach(checkSegment);
  return segments;
}

function readName(path: string): readonly string[] {
  const name = decode(path.slice(1));
  return name === '' ? [] : segmentsOf(name);
}

function readSubresource(target: string): string | undefined {
  for (const [written, value] of parametersOf(target)) {
    const name = decodeParameter(written);
    if (VALUED.has(name)) return name;
    if (BARE.has(name) && /^=*$/.test(value)) return name;
  }
  return undefined;
}

/**
 * Reads a raw request target (`/a%20b?cors`) in origin-form or absolute-form. Throws a refusal (InvalidObjectName) for a
 * name that this bucket cannot store or that would leave its folder.
 */
export function readTarget(raw: string): Target {
  if (raw === '*') return { segments: [] };
  const target = raw.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path !== '' && !path.startsWith('/')) throw invalidName('the request target does not begin with /');
  const subresource = readSubresource(target);
  return { segments: readName(path), ...(subresource && { subresource }) };
}
