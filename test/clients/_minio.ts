import { Readable } from 'node:stream';
import { Client } from 'minio';
import type { ClientKind, Entry, Keys, ObjectClient } from './_client.ts';

const PART = 5 * 2 ** 20;
const SLICE = 2 ** 18;

const openMinio = ({ url }: Pick<Entry, 'url'>, keys: Keys | null): Client => {
  const { hostname, port, protocol } = new URL(url);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: protocol === 'https:',
    region: 'us-east-1',
    pathStyle: true,
    partSize: PART,
    ...(keys !== null && { accessKey: keys.accessKey, secretKey: keys.secretKey }),
  });
};

export const MINIO: ClientKind = {
  name: 'minio',
  refusedHead: 'AccessDenied',
  open: (entry, keys) => objectsOf(openMinio(entry, keys), entry.bucket),
};

function objectsOf(client: Client, bucket: string): ObjectClient {
  return {
    put: (key, content) => client.putObject(bucket, key, content),
    get: async (key) => readAll(await client.getObject(bucket, key)),
    async head(key) {
      const { size, etag } = await client.statObject(bucket, key);
      return { size, etag };
    },
    range: async (key, first, last) =>
      readAll(await client.getPartialObject(bucket, key, first, last - first + 1)),
    // Of a buffer it makes one part.
    multipart: async (key, content) =>
      (await client.putObject(bucket, key, Readable.from(slicesOf(content)), content.length)).etag,
    urlToPut: (key) => client.presignedPutObject(bucket, key, 60),
    urlToGet: (key) => client.presignedGetObject(bucket, key, 60),
    async form(key) {
      const policy = client.newPostPolicy();
      policy.setBucket(bucket);
      policy.setKey(key);
      policy.setExpires(new Date(Date.now() + 60_000));
      const { postURL, formData } = await client.presignedPostPolicy(policy);
      return { url: postURL, fields: formData as Record<string, string> };
    },
    copy: (from, to) => client.copyObject(bucket, to, `/${bucket}/${from}`),
    async list(prefix) {
      const found: string[] = [];
      for await (const { name } of client.listObjectsV2(bucket, prefix, true)) found.push(String(name));
      return found;
    },
    remove: (keys) => client.removeObjects(bucket, [...keys]),
  };
}

export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function* slicesOf(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += SLICE) yield content.subarray(at, at + SLICE);
}
