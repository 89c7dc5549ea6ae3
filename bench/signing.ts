// CPU time that `--objects` adds to one request: a signature of each kind, with the derived key known and not, and the
// check of a client's signature together with the one for the bucket.
import { signOssV1 } from '../src/bucket/sign/oss-v1.ts';
import { signOssV4 } from '../src/bucket/sign/oss-v4.ts';
import { signS3V4 } from '../src/bucket/sign/s3-v4.ts';
import { signerFor } from '../src/bucket/sign/signing.ts';
import type { BucketRequest } from '../src/bucket/transport.ts';
import { verifyRequest, withoutSignature } from '../src/bucket/verify/verify.ts';
import { least, median } from './lib/goals.ts';
import { roundsOr } from './lib/rounds.ts';

const ROUNDS = roundsOr(7);
const REQUESTS = 2000;
/** Requests in flight. */
const CONNECTIONS = 10;

const KEYS = { accessKeyId: 'an-id', accessKeySecret: 'a-secret-of-forty-characters-as-S3-has-it' };
const OPTIONS = { bucket: 'media', region: 'us-east-1', credentials: () => KEYS };
const REQUEST: BucketRequest = {
  method: 'GET',
  target: '/media/dir/a%20b.jpg?v=3',
  headers: [
    ...[
      'Host',
      'edge.example',
      'User-Agent',
      'Mozilla/5.0 (X11; Linux x86_64)',
      'Accept',
      'image/avif,image/webp,*/*',
    ],
    ...['Accept-Encoding', 'gzip, deflate, br', 'Range', 'bytes=0-1023', 'X-Forwarded-For', '127.0.0.1'],
  ],
  body: null,
};

let regions = 0;

const signed = await signS3V4(OPTIONS)(REQUEST);
const client = { ...signed, key: REQUEST.target };
const checking = {
  dialect: 's3',
  bucket: 'media',
  region: 'us-east-1',
  keys: async () => [KEYS],
  wallClock: Date.now,
} as const;

async function resign(): Promise<void> {
  const verified = await verifyRequest(client, checking);
  if (!verified.ok) throw new Error(verified.refusal.message);
  const bare = { ...signed, ...withoutSignature(signed) };
  await signerFor(
    's3',
    { signature: 'v4', region: 'us-east-1' },
    { ...OPTIONS, credentials: () => verified.value.key },
  )(bare);
}

const CASES: readonly (readonly [name: string, run: () => unknown])[] = [
  ['SigV4', () => signS3V4(OPTIONS)(REQUEST)],
  ['SigV4, the key derived each time', () => signS3V4({ ...OPTIONS, region: `r-${regions++}` })(REQUEST)],
  ['OSS V4', () => signOssV4(OPTIONS)(REQUEST)],
  ['OSS V4, the key derived each time', () => signOssV4({ ...OPTIONS, region: `r-${regions++}` })(REQUEST)],
  ['OSS V1', () => signOssV1(OPTIONS)(REQUEST)],
  ['SigV4 checked, and signed again', resign],
];

/** Microseconds of CPU time for one request. */
async function once(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let at = 0; at < REQUESTS; at += CONNECTIONS)
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => run()));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
}

for (const [name, run] of CASES) {
  await once(run);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await once(run));
  console.log(
    `${name.padEnd(36)} ${least(rounds).toFixed(0).padStart(5)} µs (median ${median(rounds).toFixed(0)})`,
  );
}
