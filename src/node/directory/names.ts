import { refusal } from './refusal.ts';

/** What a request is about: the bucket itself (no segments) or one object, and the subresource asked for. */
export interface Target {
  /** The object's name, decoded and cut at each `/`; empty for the bucket. */
  readonly segments: readonly string[];
  /** `cors`, `acl` …: a name this bucket answers, or knows that OSS has. */
  readonly subresource?: string;
}

/** Temporary files are called so, in the folder of the object they will become; no object may be. */
export const TEMPORARY_PREFIX = '.bucket-cors-';

// What OSS allows for a name, and what file systems allow for each part of it, in bytes of UTF-8.
const NAME_BYTES = 1023;
const SEGMENT_BYTES = 255;

// OSS's subresources that stand bare in a query. With a value these words are ordinary parameters.
const BARE = new Set(
  `accessmonitor accessPoint acl append asyncFetch bucketArchiveDirectRead bucketInfo cname comp cors delete
  encryption httpsConfig inventory lifecycle live location logging metaQuery objectMeta policy policyStatus
  publicAccessBlock qos qosInfo referer regionList replication replicationLocation replicationProgress
  requestPayment resourceGroup restore rtc sealAppend stat style symlink tagging transferAcceleration uploads
  versioning versions vod website worm wormExtend`.split(/\s+/),
);

// These name a part or a version. Ignoring them would write a part as the object, or delete the object
// where an upload was to be given up.
const VALUED = new Set(['uploadId', 'versionId']);

const unfit = (reason: string) =>
  refusal('InvalidObjectName', `The specified object is not valid: ${reason}.`);

/** Undoes percent-encoding once; the result is text that came as UTF-8, or a refusal. */
const decode = (raw: string): string => {
  try {
    // Node gives raw bytes above ASCII as Latin-1 characters.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(raw, 'latin1'),
    );
    return decodeURIComponent(text);
  } catch {
    throw unfit('it is not percent-encoded UTF-8');
  }
};

const checkSegment = (segment: string): void => {
  if (segment === '') throw unfit('it begins or ends with / or has an empty part between two');
  if (segment === '.' || segment === '..') throw unfit('it has a . or .. segment');
  if (segment.toLowerCase().startsWith(TEMPORARY_PREFIX)) {
    throw unfit(`names starting with ${TEMPORARY_PREFIX} are reserved`);
  }
  if (Buffer.byteLength(segment) > SEGMENT_BYTES) {
    throw unfit(`a part between two / is longer than ${SEGMENT_BYTES} bytes`);
  }
};

const readName = (path: string): readonly string[] => {
  const name = decode(path.slice(1));
  if (name === '') return [];
  if (name.includes('\\')) throw unfit('it has a backslash');
  if (name.includes('\0')) throw unfit('it has a NUL character');
  if (Buffer.byteLength(name) > NAME_BYTES) throw unfit(`it is longer than ${NAME_BYTES} bytes`);
  // `%2F` is the same as `/`, as in OSS: a name is decoded whole, so that nothing hides in an encoded one.
  const segments = name.split('/');
  segments.forEach(checkSegment);
  return segments;
};

const readSubresource = (query: string): string | undefined => {
  for (const parameter of query.split('&')) {
    const [name = '', ...value] = parameter.split('=');
    if (VALUED.has(name)) return name;
    if (BARE.has(name) && value.join('') === '') return name;
  }
  return undefined;
};

/**
 * Reads a raw request target (`/a%20b?cors`, absolute form included).
 * @throws a refusal (InvalidObjectName) for a name that this bucket can't keep, or that would leave its folder.
 */
export const readTarget = (raw: string): Target => {
  if (raw === '*') return { segments: [] };
  const target = raw.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (path !== '' && !path.startsWith('/')) throw unfit('the request target does not begin with /');
  const subresource = mark < 0 ? undefined : readSubresource(target.slice(mark + 1));
  return { segments: readName(path), ...(subresource && { subresource }) };
};
