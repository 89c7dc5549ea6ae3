import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import type { Dialect } from '../../../src/cors/behaviour.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { type FormName, KEYS, signed, TEMPORARY } from '../../helpers/signed.ts';

export interface Asked {
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly form?: FormName;
}

export interface Replied {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Status and code, of a refusal; the status alone of an answer. */
  readonly said: string;
}

/** A bucket `media` with keys. */
export interface KeyedBucket {
  readonly folder: string;
  readonly url: string;
  /** Sends a signed request. */
  ask(method: string, target: string, asked?: Asked): Promise<Replied>;
  /** Sends a request as it is. */
  send(method: string, target: string, headers: readonly string[], body?: string | Buffer): Promise<Replied>;
  write(key: string, content: string): Promise<void>;
  /** Null: no such object. */
  read(key: string): Promise<string | null>;
  /** Every path in the folder, hidden ones too. */
  files(): Promise<readonly string[]>;
  /** Closes the bucket and opens it again. */
  restart(): Promise<void>;
}

const FORM: Readonly<Record<Dialect, FormName>> = { oss: 'OSS V4 header', s3: 'SigV4 header' };

/** The text of every element of a name. */
export const textsOf = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, text = '']) => text);

/** One bucket for all tests of a file. `wallClock`: milliseconds since 1970. */
export function useKeyedBucket(dialect: Dialect, wallClock?: () => number): KeyedBucket {
  let around = '';
  let open: OpenDirectoryBucket;
  const folderOf = () => join(around, 'media');
  const start = async () => {
    open = await openDirectoryBucket({
      folder: folderOf(),
      credentials: [KEYS, TEMPORARY],
      dialect,
      ...(wallClock && { wallClock }),
    });
  };
  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'keyed-bucket-'));
    await mkdir(folderOf());
    await start();
  });
  afterAll(async () => {
    await open.close();
    await rm(around, { recursive: true });
  });

  const send: KeyedBucket['send'] = async (method, target, headers, body) => {
    const sent = { method: method as 'GET', headers: [...headers], body: body ?? null };
    const { statusCode, headers: answered, body: got } = await request(`${open.url}${target}`, sent);
    const text = await got.text();
    const [code] = textsOf(text, 'Code');
    const said = statusCode < 400 || code === undefined ? String(statusCode) : `${statusCode} ${code}`;
    return { status: statusCode, headers: answered, text, said };
  };
  return {
    get folder() {
      return folderOf();
    },
    get url() {
      return open.url;
    },
    send,
    async ask(method, target, { headers = [], body, form = FORM[dialect] } = {}) {
      const { host } = new URL(open.url);
      const time = wallClock?.() ?? Date.now();
      const toSign = { method, target, host, headers, bucket: 'media', time };
      const sent = await signed(form, { ...toSign, ...(body !== undefined && { body }) });
      return send(method, sent.target, sent.headers, body);
    },
    async write(key, content) {
      const path = join(folderOf(), key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    read: (key) => readFile(join(folderOf(), key), 'utf8').catch(() => null),
    files: async () => (await readdir(folderOf(), { recursive: true })).sort(),
    async restart() {
      await open.close();
      await start();
    },
  };
}
