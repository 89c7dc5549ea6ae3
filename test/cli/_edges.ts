import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { type Run, type RunOptions, run, stop } from './_process.ts';

export const PORTS = ['--port', '0', '--admin-port', '0'];

export interface Edge extends Run {
  readonly url: string;
  readonly adminUrl: string;
}

/** Edges, stores and a folder for the tests of a file; those of a test are closed and removed at its end. */
export function edges() {
  let folder = '';
  const runs: Run[] = [];
  const stores: Store[] = [];
  const serveWith = async (options: RunOptions, ...args: string[]): Promise<Edge> => {
    const started = run(['serve', ...PORTS, ...args], options);
    runs.push(started);
    return { ...started, url: await started.address('edge'), adminUrl: await started.address('admin') };
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-edges-'));
  });
  afterEach(async () => {
    for (const running of runs.splice(0)) await stop(running);
    for (const store of stores.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });
  return {
    /** A path in the folder. */
    at: (...names: string[]): string => join(folder, ...names),
    async store(origin: string): Promise<Store> {
      const opened = await openStore(rulesFor(origin));
      stores.push(opened);
      return opened;
    },
    /** Closes a store while edges use it. */
    async end(store: Store): Promise<void> {
      stores.splice(stores.indexOf(store), 1);
      await store.close();
    },
    serve: (...args: string[]): Promise<Edge> => serveWith({}, ...args),
    /** Like `serve`, with another environment or under another program. */
    serveWith,
  };
}

/** Replaces a file atomically, as editors do. */
export async function write(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  await rename(`${file}.new`, file);
}

export const linesWith = ({ stdout }: Run, message: RegExp): Record<string, unknown>[] =>
  stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => message.test(String(msg)));

export const allows = async (edge: Edge, origin: string, host = 'a.test'): Promise<boolean> =>
  (await call(`${edge.url}/x`, { headers: { Host: host, Origin: origin } })).headers[
    'access-control-allow-origin'
  ] === origin;

export async function admin({ adminUrl }: Edge, path: string, method = 'GET') {
  const { status, text } = await call(adminUrl + path, { method });
  return { status, json: JSON.parse(text) };
}
