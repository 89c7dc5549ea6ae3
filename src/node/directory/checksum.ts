import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isChecksum } from '../../bucket/verify/checksums.ts';
import { type CrcName, runningCrc } from '../../bucket/verify/crc.ts';
import { refusal } from './refusal.ts';

/** A checksum of bytes that come one after another, in the form of its header. */
interface Running {
  update(bytes: Buffer): unknown;
  digest(): string;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function byHash(hash: Hash): Running {
  return { update: (bytes) => hash.update(bytes), digest: () => hash.digest('base64') };
}

function byCrc(name: CrcName, write: (bytes: Uint8Array) => string): Running {
  const running = runningCrc(name);
  return { update: running.update, digest: () => write(running.digest()) };
}

// The CRC-32 of zlib is many times faster than one in JavaScript, and SDKs of AWS compute it by default.
function byZlib(): Running {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return base64(bytes);
    },
  };
}

const KINDS: ReadonlyMap<string, () => Running> = new Map([
  ['x-amz-checksum-crc32', byZlib],
  ['x-amz-checksum-crc32c', () => byCrc('crc32c', base64)],
  ['x-amz-checksum-crc64nvme', () => byCrc('crc64nvme', base64)],
  ['x-amz-checksum-sha1', () => byHash(createHash('sha1'))],
  ['x-amz-checksum-sha256', () => byHash(createHash('sha256'))],
  [
    'x-oss-hash-crc64ecma',
    () => byCrc('crc64ecma', (bytes) => Buffer.from(bytes).readBigUInt64BE().toString()),
  ],
]);

/** Starts a checksum. Throws a refusal for the name of an unknown kind, which would not be checked. */
export function startChecksum(name: string): Running {
  const kind = KINDS.get(name);
  if (kind) return kind();
  throw refusal('NotImplemented', `The directory bucket checks no ${name.slice(0, 64)}.`);
}

/** Throws a refusal (BadDigest) unless a checksum is the promised one. */
export function checkChecksum(name: string, running: Running, promised: string | undefined): void {
  if (running.digest() !== promised)
    throw refusal('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}

/** Yields the content, and checks it at its end against every checksum among `fields`. */
export async function* summed(
  content: AsyncIterable<Buffer>,
  fields: Iterable<readonly [name: string, value: string]>,
): AsyncGenerator<Buffer> {
  const sums = [...fields]
    .filter(([name]) => isChecksum(name))
    .map(([name, value]) => ({ name, value, running: startChecksum(name) }));
  for await (const chunk of content) {
    for (const { running } of sums) running.update(chunk);
    yield chunk;
  }
  for (const { name, value, running } of sums) checkChecksum(name, running, value);
}
