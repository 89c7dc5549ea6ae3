import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALI_OSS } from './_ali-oss.ts';
import { AWS } from './_aws.ts';
import { codeOf, type Operation } from './_client.ts';
import { compositeOf, type FolderEdge, openFolderEdge } from './_folder.ts';
import { MINIO } from './_minio.ts';
import { OPERATIONS } from './_operations.ts';
import { KEYS, TEAM } from './_stores.ts';

const MIB = 2 ** 20;

/** The clients of a dialect, and the size of their parts. */
const CLIENTS = {
  oss: ALI_OSS.map((client) => [client, 4 * MIB] as const),
  s3: [
    [AWS, 5 * MIB],
    [MINIO, 5 * MIB],
  ] as const,
};
const NAMES = Object.keys(OPERATIONS) as Operation[];
const LARGE = Buffer.from('0123456789abcdef\n'.repeat(650_000));

describe.each(['oss', 's3'] as const)('a folder of store %s with keys', (store) => {
  let edge: FolderEdge;
  beforeAll(async () => {
    edge = await openFolderEdge(store);
  });
  afterAll(async () => {
    await edge.close();
    for (const { secretKey } of [KEYS, TEAM]) expect(edge.output()).not.toContain(secretKey);
    expect(edge.output()).not.toMatch(/signature=\w/i);
  });

  describe.each(CLIENTS[store].map(([client, part]) => [client.name, client, part] as const))(
    'for %s',
    (_, client, part) => {
      for (const name of NAMES) {
        const lacks = client.lacks?.[name];
        if (lacks !== undefined || name === 'copy' || name === 'multipart') continue;
        test(OPERATIONS[name].name, () =>
          OPERATIONS[name].run(client.open(edge.entry, KEYS), edge.witness, `${client.name}/${name}/`),
        );
      }

      test('uploads in parts, with the ETag of the store', async () => {
        const objects = client.open(edge.entry, TEAM);
        const key = `${client.name}/parts`;
        const completed = await objects.multipart(key, LARGE);
        const etag = compositeOf(LARGE, part);
        const { size, etag: read } = await objects.head(key);
        expect([completed, read].map(bare)).toEqual([etag, etag]);
        expect([size, (await edge.witness.read(key))?.equals(LARGE)]).toEqual([LARGE.length, true]);
        expect(bare((await objects.head(key)).etag)).toBe(etag);
      });

      test('is refused a copy, whose source no upload needs', async () => {
        await edge.witness.write('source', Buffer.from('x'));
        expect(await failure(client.open(edge.entry, KEYS).copy('source', 'copied'))).toBe('NotImplemented');
      });

      test('is refused with another secret, or another key', async () => {
        const wrong = client.open(edge.entry, { ...KEYS, secretKey: 'x'.repeat(40) });
        expect(await failure(wrong.put('refused', Buffer.from('x')))).toBe('SignatureDoesNotMatch');
        const unknown = client.open(edge.entry, { ...KEYS, accessKey: 'UNKNOWNACCESSKEY0001' });
        expect(await failure(unknown.list(''))).toBe('InvalidAccessKeyId');
        expect(await edge.witness.read('refused')).toBeNull();
      });
    },
  );
});

const bare = (etag: string): string => etag.replaceAll('"', '').toLowerCase();

async function failure(act: Promise<unknown>): Promise<string> {
  return act.then(() => 'nothing was refused', codeOf);
}
