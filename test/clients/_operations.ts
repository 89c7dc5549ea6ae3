import { expect } from 'vitest';
import type { ObjectClient, Operation } from './_client.ts';

/** Reads and writes a store directly, to verify a client's results. */
export interface Witness {
  write(key: string, content: Buffer): Promise<void>;
  /** Null: no such object. */
  read(key: string): Promise<Buffer | null>;
  etag(key: string): Promise<string>;
}

interface Row {
  readonly name: string;
  run(client: ObjectClient, witness: Witness, prefix: string): Promise<void>;
}

const SMALL = Buffer.from('small and äöü 日本');
/** More than two parts of every client, and text, which the SDK of OBS needs. */
const LARGE = Buffer.from('0123456789abcdef\n'.repeat(650_000));

const bare = (etag: string): string => etag.replaceAll('"', '').toLowerCase();

/** What every client is asked, by the call that a row needs. */
export const OPERATIONS: Readonly<Record<Operation, Row>> = {
  put: {
    name: 'puts an object',
    async run(client, witness, prefix) {
      const key = `${prefix}a+b c & ü.txt`;
      await client.put(key, SMALL);
      expect(await witness.read(key)).toEqual(SMALL);
    },
  },
  get: {
    name: 'gets an object',
    async run(client, witness, prefix) {
      const key = `${prefix}a+b c & ü.txt`;
      await witness.write(key, SMALL);
      expect(await client.get(key)).toEqual(SMALL);
    },
  },
  head: {
    name: "reads an object's size and ETag",
    async run(client, witness, prefix) {
      const key = `${prefix}headed`;
      await witness.write(key, SMALL);
      const { size, etag } = await client.head(key);
      expect([size, bare(etag)]).toEqual([SMALL.length, bare(await witness.etag(key))]);
    },
  },
  range: {
    name: 'gets a range',
    async run(client, witness, prefix) {
      const key = `${prefix}ranged`;
      await witness.write(key, SMALL);
      expect(await client.range(key, 2, 4)).toEqual(SMALL.subarray(2, 5));
    },
  },
  multipart: {
    name: 'uploads in parts, and reads back the ETag of the whole',
    async run(client, witness, prefix) {
      const key = `${prefix}parts`;
      const completed = await client.multipart(key, LARGE);
      const { size, etag } = await client.head(key);
      expect(bare(etag)).toMatch(/^[0-9a-f]{32}-[2-9]$/);
      expect([size, bare(etag)]).toEqual([LARGE.length, bare(await witness.etag(key))]);
      // The gateway's answer to the last call has an empty ETag.
      expect([bare(etag), '']).toContain(bare(completed));
      expect((await witness.read(key))?.equals(LARGE)).toBe(true);
    },
  },
  urlToPut: {
    name: 'signs a URL that writes',
    async run(client, witness, prefix) {
      const key = `${prefix}by url`;
      const url = await client.urlToPut(key);
      await ok(fetch(url, { method: 'PUT', body: new Uint8Array(SMALL) }));
      expect(await witness.read(key)).toEqual(SMALL);
    },
  },
  urlToGet: {
    name: 'signs a URL that reads',
    async run(client, witness, prefix) {
      const key = `${prefix}by url`;
      await witness.write(key, SMALL);
      const answered = await ok(fetch(await client.urlToGet(key)));
      expect(Buffer.from(await answered.arrayBuffer())).toEqual(SMALL);
    },
  },
  form: {
    name: 'signs a form that uploads',
    async run(client, witness, prefix) {
      const key = `${prefix}by form`;
      const { url, fields } = await client.form(key);
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([new Uint8Array(SMALL)]), 'file.txt');
      await ok(fetch(url, { method: 'POST', body: form }));
      expect(await witness.read(key)).toEqual(SMALL);
    },
  },
  copy: {
    name: 'copies an object',
    async run(client, witness, prefix) {
      await witness.write(`${prefix}source`, SMALL);
      await client.copy(`${prefix}source`, `${prefix}copied`);
      expect(await witness.read(`${prefix}copied`)).toEqual(SMALL);
    },
  },
  list: {
    name: 'lists the keys that begin alike',
    async run(client, witness, prefix) {
      const keys = ['a', 'b c', 'ü'].map((key) => `${prefix}listed/${key}`);
      for (const key of keys) await witness.write(key, SMALL);
      expect(await client.list(`${prefix}listed/`)).toEqual(keys);
    },
  },
  remove: {
    name: 'deletes two objects with one request',
    async run(client, witness, prefix) {
      const keys = ['one', 'two & three'].map((key) => `${prefix}gone/${key}`);
      for (const key of keys) await witness.write(key, SMALL);
      await client.remove(keys);
      expect(await Promise.all(keys.map((key) => witness.read(key)))).toEqual([null, null]);
    },
  },
};

/** The answer; its error code is thrown. */
async function ok(asked: Promise<Response>): Promise<Response> {
  const answered = await asked;
  if (answered.ok) return answered;
  const text = await answered.text();
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? String(answered.status);
  throw Object.assign(new Error(text), { code });
}
