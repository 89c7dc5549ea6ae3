import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type BucketConfig, readConfigFile } from '../../../src/config/file.ts';
import { type Running, start } from '../../../src/node/start.ts';
import { call, optionsOf } from '../_running.ts';
import { openStore, rulesFor, type Store } from '../transport/_store.ts';

/** Buckets as a configuration file has them, by name. */
export type Buckets = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

let folder = '';
const stores: Store[] = [];
const edges: Running[] = [];

/** Two folders for each test of a file, `red` and `blue`; what a test opens ends with it. */
export function useBuckets(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'many-'));
    for (const name of ['red', 'blue']) await openFolder(name);
  });
  afterEach(async () => {
    for (const store of stores) store.release();
    for (const edge of edges.splice(0)) await edge.close();
    for (const store of stores.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });
}

/** A folder bucket with one object, which is its name, and rules for the web origin of that name. */
async function openFolder(name: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'name.txt'), name);
  await writeFile(join(folder, `${name}.cors.xml`), rulesFor(`https://${name}.example`));
}

/** A path in the test's folder. */
export const at = (...names: readonly string[]): string => join(folder, ...names);

export const red = (more: Record<string, unknown> = {}) => ({ bucket: at('red'), ...more });
export const blue = (more: Record<string, unknown> = {}) => ({ bucket: at('blue'), ...more });

/** A store whose rules let one web origin read. */
export async function store(origin: string): Promise<Store> {
  const opened = await openStore(rulesFor(origin));
  stores.push(opened);
  return opened;
}

/** What a configuration file with these buckets says. */
export function bucketsOf(buckets: Buckets): readonly BucketConfig[] {
  const read = readConfigFile(JSON.stringify({ buckets }), 'edge.json');
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value.buckets;
}

/** Hosts without a bucket of their own, which tests ask for. */
const OWN_HOSTS = 'a,any.test,blue.test';

/** Starts an edge in front of these buckets. It loads their rules once an hour. */
export async function running(buckets: Buckets, { drain = '2s' } = {}): Promise<Running> {
  const log = { write: () => undefined };
  const options = optionsOf({ rulesTtl: '1h', drain, ownHosts: OWN_HOSTS });
  const edge = await start(options, bucketsOf(buckets), { log, env: {} });
  edges.push(edge);
  return edge;
}

/** Asks the edge for a path under a host. */
export const get = (edge: Running, host: string, path: string, headers: Record<string, string> = {}) =>
  call(edge.url + path, { headers: { Host: host, ...headers } });

/** What admin says, parsed. */
export async function admin(edge: Running, path: string, method = 'GET') {
  const { status, text } = await call(edge.adminUrl + path, { method });
  return { status, json: JSON.parse(text) };
}

/** The word for the state of a bucket's rules. */
export const stateOf = async (edge: Running, name: string): Promise<string> =>
  (await admin(edge, `/rules?bucket=${name}`)).json.buckets[0].state;
