import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { run as start } from '../cli/_process.ts';
import { begin } from '../helpers/client.ts';
import { listen } from '../helpers/listen.ts';

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
/** Milliseconds: a version is about 50 MB. */
const DOWNLOAD = 300_000;
/** Bytes of an object, more than the system buffers for a client that does not read. */
const SIZE = 8_000_000;

/** Bytes of which each four name their object and their place in it. */
function bodyOf(seed: number): Buffer {
  const body = Buffer.alloc(SIZE);
  for (let at = 0; at < SIZE; at += 4) body.writeUInt32LE((seed << 24) | (at >> 2), at);
  return body;
}

/** The oldest version that the package allows: `>=22.19`. */
async function oldest(): Promise<string> {
  const { engines } = JSON.parse(await readFile(path('../../package.json'), 'utf8'));
  return `${engines.node.slice('>='.length)}.0`;
}

/** The newest version of the registry; null without a network. */
async function newest(): Promise<string | null> {
  try {
    return (await run('npm', ['view', 'node@latest', 'version'])).stdout.trim();
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return null;
  }
}

/** Installs a version of Node into a cache folder unless it is there; null without a network. */
async function nodeOf(version: string): Promise<string | null> {
  const folder = path(`../../node_modules/.cache/node-versions/${version}`);
  const program = `${folder}/node_modules/node/bin/node`;
  const isThere = await run(program, ['--version']).then(Boolean, () => false);
  if (isThere) return program;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/package.json`, '{ "private": true, "allowScripts": { "node": true } }');
    await run('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], { cwd: folder });
    return program;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return null;
  }
}

describe.each([
  ['oldest', oldest],
  ['newest', newest],
])('the %s version of Node', (_, find) => {
  let version: string | null;
  let node: string | null = null;
  beforeAll(async () => {
    version = await find();
    node = version === null ? null : await nodeOf(version);
  }, DOWNLOAD);

  test('takes the heads that the edge renders, and the check at the start can fail', async ({ skip }) => {
    if (node === null) return skip('the registry is not reached');
    const { stdout } = await run(node, [path('_heads.ts')]);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ version, passes: true, fails: false });
    expect(said.byNode.split('HTTP/1.1 200 OK\r\n').length).toBe(5);
    expect(said.byNode).toContain('\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n');
    expect(said.byEdge).toBe(said.byNode);
    expect(said.plainByNode.split('HTTP/1.1 200 OK\r\n').length).toBe(8);
    expect(said.plainByEdge).toBe(said.plainByNode);
    expect(said.direct).toBe(4);
  });

  test('streams whole objects through memory that is used again', async ({ skip }) => {
    if (node === null) return skip('the registry is not reached');
    const bucket = createServer(({ url = '' }, outgoing) => {
      if (url === '/?cors') outgoing.writeHead(404).end();
      else outgoing.writeHead(200, { 'Content-Length': SIZE }).end(bodyOf(Number(url.slice(1))));
    });
    const port = await listen(bucket);
    const edge = start(
      ['serve', '--bucket', `http://127.0.0.1:${port}`, '--port', '0', '--admin-port', '0'],
      { node },
    );
    try {
      const url = await edge.address('edge');
      const wrong = await Promise.all(
        Array.from({ length: 24 }, async (_row, seed) => {
          const sent = begin(url, { target: `/${seed}` });
          sent.end();
          const [answered] = await once(sent, 'response');
          // Some clients read later than the others.
          if (seed % 3 === 0) await pause(300);
          const parts: Buffer[] = [];
          for await (const part of answered) parts.push(part);
          return Buffer.concat(parts).equals(bodyOf(seed)) ? [] : [seed];
        }),
      );
      expect(wrong.flat()).toEqual([]);
    } finally {
      edge.child.kill();
      await edge.code;
      bucket.closeAllConnections();
      bucket.close();
    }
  });
});
