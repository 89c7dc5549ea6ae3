import { type Bytes, base64 } from '../sign/bytes.ts';
import { type Denied, denied, shown } from './claim.ts';
import { crc } from './crc.ts';

type Compute = (bytes: Bytes) => string | Promise<string>;

const digest =
  (algorithm: 'SHA-1' | 'SHA-256'): Compute =>
  async (bytes) =>
    base64(new Uint8Array(await crypto.subtle.digest(algorithm, bytes)));

const decimal = (bytes: Uint8Array): string =>
  bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n).toString();

/** Computes a checksum in the form of the header, or of the trailer, that has its name. */
const CHECKSUMS: ReadonlyMap<string, Compute> = new Map<string, Compute>([
  ['x-amz-checksum-crc32', (bytes) => base64(crc('crc32', bytes))],
  ['x-amz-checksum-crc32c', (bytes) => base64(crc('crc32c', bytes))],
  ['x-amz-checksum-crc64nvme', (bytes) => base64(crc('crc64nvme', bytes))],
  ['x-amz-checksum-sha1', digest('SHA-1')],
  ['x-amz-checksum-sha256', digest('SHA-256')],
  ['x-oss-hash-crc64ecma', (bytes) => decimal(crc('crc64ecma', bytes))],
]);

/** Headers that are named like a checksum, but say how one is computed. */
const ABOUT_CHECKSUMS: readonly string[] = [
  'x-amz-checksum-algorithm',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
];

/** Whether a lower-case name is that of a checksum, of a known kind or not. */
export const isChecksum = (name: string): boolean =>
  (name.startsWith('x-amz-checksum-') || name.startsWith('x-oss-hash-')) && !ABOUT_CHECKSUMS.includes(name);

export const isKnownChecksum = (name: string): boolean => CHECKSUMS.has(name);

/** Checks every checksum among headers or trailers. One of an unknown kind is refused by name, never ignored. */
export async function checksumFault(
  fields: ReadonlyMap<string, string>,
  bytes: Bytes,
): Promise<Denied | null> {
  for (const [name, value] of fields) {
    if (!isChecksum(name)) continue;
    const compute = CHECKSUMS.get(name);
    if (!compute) return denied('NotImplemented', `The checksum ${shown(name)} is not implemented.`);
    if ((await compute(bytes)) !== value)
      return denied('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
  return null;
}
