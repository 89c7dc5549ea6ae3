import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface TestBucket {
  /** The parent of the bucket's folder; its files must be out of the clients' reach. */
  readonly around: string;
  readonly folder: string;
  readonly open: OpenDirectoryBucket;
  call(
    method: Dispatcher.HttpMethod,
    path: string,
    options?: { headers?: Record<string, string>; body?: Buffer | string },
  ): Promise<Answered>;
  /** Opens a TCP connection and writes `text` to it. */
  connect(text: string): Socket;
  /** Sends a request with the raw target and returns the response, up to the end of the connection. */
  raw(method: string, target: string): Promise<string>;
  /** All paths in the folder, including hidden files. */
  files(): Promise<string[]>;
  end(): Promise<void>;
}

const ATTEMPTS = 20;

async function filesIn(folder: string, attempts = ATTEMPTS): Promise<string[]> {
  try {
    // With `withFileTypes` Node does not follow links.
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  } catch (error) {
    // The server has removed a folder meanwhile; it never removes the bucket's own.
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || path === folder || attempts === 1) throw error;
    return filesIn(folder, attempts - 1);
  }
}

export const openTestBucket = async (): Promise<TestBucket> => {
  const around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
  const folder = join(around, 'bucket');
  await mkdir(folder);
  const open = await openDirectoryBucket({ folder, hosts: ['h', 'b.example.com'] });
  const agent = new Agent();

  const connectWith = (text: string): Socket => {
    const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
    socket.write(text, 'latin1');
    socket.on('error', () => undefined);
    return socket;
  };

  return {
    around,
    folder,
    open,
    call: async (method, path, { headers = {}, body } = {}) => {
      const answered = await request(`${open.url}${path}`, {
        method,
        headers,
        body: body ?? null,
        dispatcher: agent,
      });
      const bytes = Buffer.from(await answered.body.arrayBuffer());
      return { status: answered.statusCode, headers: answered.headers, body: bytes };
    },
    connect: connectWith,
    raw: async (method, target) => {
      const socket = connectWith(
        `${method} ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nConnection: close\r\n\r\nEVIL`,
      );
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    },
    files: () => filesIn(folder),
    end: async () => {
      await agent.close();
      await open.close();
      await rm(around, { recursive: true });
    },
  };
};

/** One bucket for all tests of a file, opened before them and removed after them. */
export const useTestBucket = (): (() => TestBucket) => {
  let bucket: TestBucket;
  beforeAll(async () => {
    bucket = await openTestBucket();
  });
  afterAll(() => bucket.end());
  return () => bucket;
};

/** The code of an OSS error document. */
export const codeOf = (body: Buffer | string): string | undefined =>
  /<Code>(.*)<\/Code>/.exec(String(body))?.[1];
