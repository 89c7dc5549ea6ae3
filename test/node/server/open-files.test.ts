import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';
import {
  clientsOf,
  clientsWithin,
  filesNeeded,
  openFilesLimit,
  warnOfFiles,
} from '../../../src/node/server/open-files.ts';
import { linesWith } from '../../cli/_edges.ts';
import { until } from '../../helpers/until.ts';
import { call } from '../_running.ts';
import { ATTACKER, connections, upload } from '../one-address/_attack.ts';
import { probes, type Target, target } from '../one-address/_target.ts';

test.each([
  ['auto', 1, 1_024, 480],
  ['auto', 8, 1_024, 480],
  ['auto', 1, 65_536, 10_000],
  ['auto', 1, Number.POSITIVE_INFINITY, 10_000],
  ['auto', 1, 40, 16],
  [3_000, 1, 1_024, 3_000],
  [3_000, 8, 1_024, 375],
  [1, 2, 1_024, 1],
] as const)(
  'of %s connections each of %s processes with %s open files takes %i',
  (configured, workers, files, most) => {
    expect(clientsOf(configured, workers, files)).toBe(most);
  },
);

test.each([
  [{ clientConnections: 'auto', connections: 256, workers: 1, buckets: 1 }, 1_024, 64 + 480 + 480],
  [{ clientConnections: 'auto', connections: 256, workers: 1, buckets: 10 }, 1_024, 64 + 480 + 2_560],
  [{ clientConnections: 'auto', connections: 256, workers: 4, buckets: 10 }, 1_024, 64 + 480 + 640],
  [{ clientConnections: 3_000, connections: 256, workers: 1, buckets: 1 }, 1_024, 64 + 3_000 + 3_000],
  [{ clientConnections: 100, connections: 1, workers: 8, buckets: 3 }, 1_024, 64 + 13 + 13],
] as const)('a process with %o and %i open files needs at most %i', (options, files, needed) => {
  expect(filesNeeded(options, files)).toBe(needed);
});

test('connections that the open files suffice for give no warning, and others name the limit to set', () => {
  const warnings: unknown[] = [];
  const log = { warn: (...warning: unknown[]) => void warnings.push(warning) };
  const options = { clientConnections: 'auto', connections: 256, workers: 1, buckets: 2 } as const;
  warnOfFiles(options, log, 2_000);
  warnOfFiles(options, log, Number.POSITIVE_INFINITY);
  expect(warnings).toEqual([]);
  warnOfFiles(options, log, 1_000);
  expect(warnings).toEqual([
    [
      { clientConnections: 468, connections: 256, buckets: 2, openFiles: 1_000, needed: 1_044 },
      expect.stringContaining('raise the limit on open files to 1044 with ulimit -n'),
    ],
  ]);
});

test('there are as many open files as the system says', () => {
  expect(openFilesLimit()).toBeGreaterThan(64);
  expect(clientsWithin(openFilesLimit())).toBeGreaterThan(0);
});

const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));

/** Runs the program where each process may have 200 files open: 68 connections of clients. */
async function confined({ onTestFinished }: TestContext, ...flags: readonly string[]): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'open-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const node = join(folder, 'node');
  await writeFile(node, `#!/bin/sh\nulimit -n 200\nexec "${NODE}" "$@"\n`);
  await chmod(node, 0o755);
  const at = await target({ one: {} }, flags, { node });
  onTestFinished(at.close);
  return at;
}

describe.concurrent('a process with few open files', () => {
  test.for([
    ['300 idle connections', '', 'idle'],
    ['300 uploads that stand still', upload('one'), 'busy'],
  ] as const)(
    'serves others, and the admin port, while one address has %s',
    { timeout: 60_000 },
    async ([, text, closed], context) => {
      const at = await confined(context);
      const crowd = connections(at, 300, text);
      context.onTestFinished(crowd.end);
      await until('the crowd is cut to the bound', () => crowd.open() === 68, 30_000);
      const { statuses, p99 } = await probes(at, 'one');
      expect(statuses).toEqual([200]);
      expect(p99).toBeLessThan(1_000);
      const { status, text: metrics } = await call(`${at.adminUrl}/metrics`);
      expect(status).toBe(200);
      expect(metrics).toMatch(
        new RegExp(`client_connections_closed_total\\{connection="${closed}"\\} [1-9]`),
      );
      // Once, however many are closed.
      expect(linesWith(at, /the limit on connections of clients is reached/)).toMatchObject([
        { level: 'warn', connections: 68, client: ATTACKER },
      ]);
    },
  );

  test.for([
    ['one process', '1', 69],
    ['two worker processes', '2', 35],
  ] as const)(
    'warns once of more connections than it has files for (%s)',
    { timeout: 60_000 },
    async ([, workers, clientConnections], context) => {
      const at = await confined(context, '--client-connections', '69', '--workers', workers);
      expect(linesWith(at, /raise the limit on open files/)).toMatchObject([
        { level: 'warn', clientConnections, openFiles: 200 },
      ]);
    },
  );
});
