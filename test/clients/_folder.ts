/** The program with a folder that checks signatures, as `--bucket-keys` serves it. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { run, stop } from '../cli/_process.ts';
import type { Entry } from './_client.ts';
import type { Witness } from './_operations.ts';
import { KEYS, TEAM } from './_stores.ts';

export interface FolderEdge {
  readonly entry: Entry;
  readonly folder: string;
  readonly witness: Witness;
  /** Everything that the program wrote. */
  output(): string;
  close(): Promise<void>;
}

const LIMIT_MS = 10 * 60_000;

/** Path-style, as these clients are configured: the bucket's name is its prefix. */
export async function openFolderEdge(store: Dialect, rules?: string): Promise<FolderEdge> {
  const around = await mkdtemp(join(tmpdir(), 'bucket-cors-folder-'));
  const folder = join(around, 'media');
  await mkdir(folder);
  if (rules !== undefined) await writeFile(`${folder}.cors.xml`, rules);
  await writeFile(
    join(around, 'keys.json'),
    JSON.stringify({ accessKeyId: KEYS.accessKey, accessKeySecret: KEYS.secretKey }),
  );
  const bucketKeys = `file:${join(around, 'keys.json')},env:TEAM`;
  const buckets = { media: { bucket: folder, store, bucketKeys, prefix: '/media' } };
  const config = join(around, 'edge.json');
  await writeFile(config, JSON.stringify({ port: 0, adminPort: 0, buckets }));
  const names = store === 'oss' ? ['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET'] : AWS_NAMES;
  const env = { [`TEAM_${names[0]}`]: TEAM.accessKey, [`TEAM_${names[1]}`]: TEAM.secretKey };
  const edge = run(['serve', '--config', config], { env, limit: LIMIT_MS });
  const fileOf = (key: string) => join(folder, key);
  return {
    entry: { url: await edge.address('edge'), bucket: 'media' },
    folder,
    witness: {
      async write(key, content) {
        await mkdir(dirname(fileOf(key)), { recursive: true });
        await writeFile(fileOf(key), content);
      },
      read: (key) => readFile(fileOf(key)).catch(() => null),
      etag: async (key) => etagOf(await readFile(fileOf(key))),
    },
    output: () => edge.stdout() + edge.stderr(),
    async close() {
      await stop(edge);
      await rm(around, { recursive: true });
    },
  };
}

const AWS_NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

const etagOf = (content: Buffer): string => createHash('md5').update(content).digest('hex');

/** The ETag of a whole that was uploaded in parts of one size. */
export function compositeOf(content: Buffer, part: number): string {
  const digests: Buffer[] = [];
  for (let at = 0; at < content.length; at += part)
    digests.push(
      createHash('md5')
        .update(content.subarray(at, at + part))
        .digest(),
    );
  return `${etagOf(Buffer.concat(digests))}-${digests.length}`;
}
