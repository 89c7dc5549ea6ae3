import type { Dialect } from '../../cors/behaviour.ts';
import { type Checked, refused } from '../refusals.ts';
import { type Bytes, base64, sha256 } from '../sign/bytes.ts';
import { headerMap } from '../sign/canonical.ts';
import { UNSIGNED_PAYLOAD } from '../sign/chain.ts';
import type { FlatHeaders } from '../transport.ts';
import { checksumFault } from './checksums.ts';
import { unchunk } from './chunked.ts';
import { type Denied, denied, isDenied } from './claim.ts';
import { equalInConstantTime } from './equal.ts';
import { isHash, SIGNED_CHUNKS_TRAILER } from './payload.ts';
import type { Md5, Verified } from './verified.ts';

export interface BodyOptions {
  /** Whose words refusals use. */
  readonly dialect: Dialect;
  readonly md5: Md5;
}

type Headers = ReadonlyMap<string, string>;

/** Checks the payload against what the signature says of it, and removes the framing of aws-chunked. */
async function contentOf(
  { payload, chunks }: Verified,
  headers: Headers,
  body: Bytes,
): Promise<Bytes | Denied> {
  if (payload === null || payload === UNSIGNED_PAYLOAD) return body;
  if (isHash(payload)) {
    return equalInConstantTime(await sha256(body), payload) ? body : denied('XAmzContentSHA256Mismatch');
  }
  const read = await unchunk(body, {
    length: headers.get('x-amz-decoded-content-length'),
    trailer: headers.get('x-amz-trailer'),
    chunks,
    trailerSigned: payload === SIGNED_CHUNKS_TRAILER,
  });
  if (isDenied(read)) return read;
  return (await checksumFault(read.trailers, read.content)) ?? read.content;
}

async function md5Fault(promised: string | undefined, content: Bytes, { dialect, md5 }: BodyOptions) {
  if (promised === undefined) return null;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(promised)) return denied('InvalidDigest');
  if (equalInConstantTime(base64(await md5(content)), promised)) return null;
  return dialect === 'oss'
    ? denied('InvalidDigest')
    : denied('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

async function check(
  verified: Verified,
  headers: Headers,
  body: Bytes,
  options: BodyOptions,
): Promise<Bytes | Denied> {
  const content = await contentOf(verified, headers, body);
  if (isDenied(content)) return content;
  const fault = await md5Fault(headers.get('content-md5'), content, options);
  if (fault !== null) return fault;
  const promised = verified.checksums ?? new Map<string, string>();
  return (await checksumFault(headers, content)) ?? (await checksumFault(promised, content)) ?? content;
}

/**
 * Checks a body that was read whole: Content-MD5, payload hash, checksums and chunks. Returns its content, without the
 * framing of aws-chunked.
 */
export async function verifyBody(
  verified: Verified,
  headers: FlatHeaders,
  body: Bytes,
  options: BodyOptions,
): Promise<Checked<Bytes>> {
  const content = await check(verified, headerMap(headers), body, options);
  return isDenied(content)
    ? refused(options.dialect, content.code, content.message)
    : { ok: true, value: content };
}
