import type { Dialect } from '../../cors/behaviour.ts';
import { type Checked, refused } from '../refusals.ts';
import type { Bytes } from '../sign/bytes.ts';
import type { FlatHeaders } from '../transport.ts';
import type { Md5, Verified } from './verified.ts';

export interface BodyOptions {
  readonly dialect: Dialect;
  readonly md5: Md5;
}

/**
 * Checks a body that was read whole: Content-MD5, payload hash, checksums and chunks. Returns its content, without the
 * framing of aws-chunked.
 */
export async function verifyBody(
  _verified: Verified,
  _headers: FlatHeaders,
  _body: Bytes,
  { dialect }: BodyOptions,
): Promise<Checked<Bytes>> {
  return refused(dialect, 'AccessDenied');
}
