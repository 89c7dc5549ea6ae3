import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Source of the compatibility date and flags. */
const TOML = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8');
const [, compatibilityDate = ''] = /^compatibility_date = "(.+)"$/m.exec(TOML) ?? [];
const [, flags = ''] = /^compatibility_flags = (\[.*\])$/m.exec(TOML) ?? [];

const require = createRequire(import.meta.url);
/** The workerd of Miniflare, which tests and wrangler use too. */
const { default: WORKERD } = createRequire(require.resolve('miniflare'))('workerd') as { default: string };
/** The first file descriptor of a child after the standard three. */
const CONTROL = 3;

export interface Isolate {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Runs one script in workerd with these variables; resolves when it listens. Miniflare is not used, because it adds one
 * Worker before the script and one between the script and the network.
 */
export async function openIsolate(script: string, bindings: Record<string, string>): Promise<Isolate> {
  const folder = mkdtempSync(join(tmpdir(), 'bucket-cors-isolate-'));
  const files = {
    'index.js': script,
    'config.capnp': configOf(Object.keys(bindings)),
    ...Object.fromEntries(Object.values(bindings).map((value, at) => [variableFile(at), value])),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const child = spawn(WORKERD, ['serve', `--control-fd=${CONTROL}`, join(folder, 'config.capnp')], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const orphaned = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', orphaned);
  const close = async (): Promise<void> => {
    process.removeListener('exit', orphaned);
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: `http://127.0.0.1:${await portOf(child)}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const variableFile = (at: number): string => `variable-${at}`;

/** The configuration. Its network allows the Worker to reach this machine. */
const configOf = (names: readonly string[]): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ${flags},
  bindings = [${names.map((name, at) => `(name = "${name}", text = embed "${variableFile(at)}")`).join(', ')}],
);
`;

/** The port of workerd, from its line of JSON. Rejects if it ends before. */
async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`workerd ended with ${code}`)));
  const told = async (): Promise<number> => {
    for await (const line of createInterface({ input: child.stdio[CONTROL] as Readable })) {
      const { event, port } = JSON.parse(line) as { event: string; port: number };
      if (event === 'listen') return port;
    }
    throw new Error('workerd did not report its port');
  };
  return Promise.race([told(), ended]);
}

// As a program it can be pinned to a core. Arguments: the path of the script, and its variables in JSON.
if (import.meta.main) {
  const [, , file = '', bindings = '{}'] = process.argv;
  process.once('SIGTERM', () => process.exit(0));
  const { url } = await openIsolate(readFileSync(file, 'utf8'), JSON.parse(bindings));
  console.log(`listening ${url}`);
}
