import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isOnPath } from '../../../src/node/prove/program.ts';
import { PROVERS } from '../../../src/node/prove/provers.ts';
import { ended } from '../../cli/_process.ts';

const RULES = fileURLToPath(new URL('../../../examples/bucket.cors.xml', import.meta.url));
/** Milliseconds for a proof of one target, on a busy machine. */
const LIMIT_MS = 30_000;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofs-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Programs that a package manager installs; the others come with npm. */
const SERVERS = new Set(['nginx', 'haproxy', 'varnishd', 'caddy', 'apache2']);
const missing = new Set<string>();
for (const { program } of PROVERS.values())
  if (process.env.CI !== 'true' && SERVERS.has(program) && !(await isOnPath(program))) missing.add(program);

describe.each([...PROVERS])('bucket-cors export %s --prove', (target, { program }) => {
  test.skipIf(missing.has(program))('sends 5,000 requests through the program, and then writes', async () => {
    const output = join(folder, 'media.conf');
    const env = { TMPDIR: folder };
    const line = ['export', target, '--rules', RULES, '--bucket-url', 'https://media.example', '-o', output];
    const { code, stdout, stderr } = await ended([...line, '--name', 'media', '--prove'], {
      env,
      limit: 50_000,
    });
    const [, requests, differences, milliseconds] =
      /^program .*\n\S+ +(\d+) +(\d+) +(\d+)\n/.exec(stderr)?.map(Number) ?? [];
    expect({ code, stdout, differences, stderr }).toEqual({ code: 0, stdout: '', differences: 0, stderr });
    expect(requests).toBeGreaterThan(5_000);
    expect(milliseconds).toBeLessThan(LIMIT_MS);
    expect(existsSync(output)).toBe(true);
    // No folder of the proof remains.
    const names = await readdir(folder);
    expect(names.filter((name) => !name.startsWith('media.'))).toEqual([]);
  });
});

test('a target that no program runs here is a fault', async () => {
  const { code, stderr } = await ended(['export', 'gateway-api', '--rules', RULES, '--prove']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^bucket-cors: --prove is impossible for gateway-api: no program on this machine/);
});
