import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { workersOf } from '../node/cluster/_served.ts';
import { admin, type Edge, edges } from './_edges.ts';
import { flood } from './_flood.ts';
import type { BadOutput, PassingOutput } from './_outputs.ts';
import { PATIENCE } from './_process.ts';

const DRAIN = '2s';
/** Milliseconds after which a process that drains has certainly exited. */
const EXIT_LIMIT_MS = 12_000;
/** So many requests produce more log lines than one process buffers for its output. */
const TOO_MANY = { count: 3_500, origin: 600, path: 600 };
/** Origins of the greatest length: buffering all lines, 75 MB, would take more memory than the process may have. */
const HUGE = { count: 5_000, origin: 15_000, path: 1 };
/** An idle edge uses 24 MB, the public suffix list included. With 32 MB it sometimes runs out of memory under load. */
const HEAP = '--max-old-space-size=48';
/** More kilobytes of memory than a process with this heap needs. */
const MAX_MEMORY_KB = 300_000;

const LINES_DROPPED = /^bucket-cors: log: (\d+) lines? (?:was|were) dropped: (.+)$/;

/** The reports of dropped log lines on standard error. */
const reportsOf = (edge: Edge) =>
  edge.lines().flatMap((line) => {
    const [, count, reason = ''] = LINES_DROPPED.exec(line) ?? [];
    return count === undefined ? [] : [{ count: Number(count), reason }];
  });

const reported = (edge: Edge): number => reportsOf(edge).reduce((sum, { count }) => sum + count, 0);

async function dropped({ adminUrl }: Edge): Promise<number> {
  const { text } = await call(`${adminUrl}/metrics`);
  return Number(/^bucket_cors_log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Tests the whole life of an edge whose standard output does not take its log. */
export function endures(what: string, open: () => Omit<BadOutput, 'both'>): void {
  const { serveWith, store } = edges();

  describe.runIf(existsSync('/proc/self/fd')).each([1, 2])(
    `an edge that logs to ${what}, with %i process(es)`,
    (workers) => {
      /** Every process serves, and the edge is healthy. */
      async function serves(edge: Edge): Promise<void> {
        for (let time = 0; time < workers; time += 1)
          expect((await call(`${edge.url}/x`)).text).toBe('hello');
        expect(await admin(edge, '/healthz')).toMatchObject({ status: 200 });
        expect(await admin(edge, '/readyz')).toMatchObject({ status: 200 });
      }

      /** The same load at each process: connections are distributed in turn. */
      async function load(edge: Edge, about: typeof TOO_MANY): Promise<void> {
        const floods = Array.from({ length: workers }, () => flood(edge.url, about));
        expect(await Promise.all(floods)).toEqual(floods.map(() => about.count));
      }

      /** SIGUSR2 replaces the worker processes; without them it has no effect. */
      async function roll(edge: Edge): Promise<void> {
        const before = workers > 1 ? await workersOf(edge) : [];
        edge.child.kill('SIGUSR2');
        if (workers === 1) return;
        const replaced = async () => {
          const now = await workersOf(edge);
          return now.length === workers && now.every((pid) => !before.includes(pid));
        };
        await until('the worker processes are replaced', replaced, PATIENCE);
      }

      async function ends(edge: Edge): Promise<void> {
        const began = performance.now();
        edge.child.kill('SIGTERM');
        expect(await edge.code).toBe(0);
        expect(performance.now() - began).toBeLessThan(EXIT_LIMIT_MS);
      }

      test('starts, serves under load within its memory, replaces its worker processes and exits', async () => {
        const bucket = await store('*');
        const output = open();
        try {
          const options = { ...output.options, env: { NODE_OPTIONS: HEAP }, limit: 60_000 };
          // On a terminal too: the lines for a person are shorter.
          const format = ['--log-format', 'json'];
          const args = ['--bucket', bucket.url, '--drain', DRAIN, '--workers', String(workers), ...format];
          const edge = await serveWith(options, ...args);
          await serves(edge);
          await load(edge, TOO_MANY);
          await serves(edge);
          expect(await dropped(edge)).toBeGreaterThan(0);
          if (workers === 1) await load(edge, HUGE);
          for (const pid of [edge.child.pid ?? 0, ...(await workersOf(edge))])
            expect(await peakMemory(pid)).toBeLessThan(MAX_MEMORY_KB);
          await roll(edge);
          await serves(edge);
          await ends(edge);
          expect(reported(edge)).toBeGreaterThan(0);
        } finally {
          output.close();
        }
      }, 60_000);
    },
  );
}

/** Tests that lines are written again when the output takes them again. */
export function recovers(what: string, open: () => PassingOutput, reason: RegExp): void {
  const { serveWith, store } = edges();

  test.runIf(existsSync('/proc/self/fd')).each([1, 2])(
    `${what}, lines are written again, and the dropped ones are counted (%i process(es))`,
    async (workers) => {
      const bucket = await store('*');
      const output = open();
      try {
        const args = ['--bucket', bucket.url, '--workers', String(workers), '--drain', DRAIN];
        const edge = await serveWith({ ...output.options, limit: 60_000 }, ...args);
        const floods = Array.from({ length: workers }, () => flood(edge.url, TOO_MANY));
        await Promise.all(floods);
        expect(reportsOf(edge)).toEqual([]);
        output.recover();
        await until('each process has reported', () => reportsOf(edge).length === workers, PATIENCE);
        for (const report of reportsOf(edge)) expect(report.reason).toMatch(reason);
        expect(await dropped(edge)).toBe(reported(edge));

        const linesOf = () =>
          output
            .text()
            .split('\n')
            .slice(0, -1)
            .filter((line) => line !== '');
        await call(`${edge.url}/after`);
        await until('a new line comes', () => linesOf().some((line) => line.includes('/after')), PATIENCE);
        edge.child.kill('SIGTERM');
        expect(await edge.code).toBe(0);
        const lines = linesOf().map(parsed);
        // A worker process cannot finish a line that others' lines have cut: it writes the line once more.
        expect(lines.filter((line) => line === null).length).toBeLessThan(workers);
        // Every line is written whole or counted.
        const requests = lines.filter((line) => line?.msg === 'request');
        expect(requests.length + reported(edge)).toBe(workers * TOO_MANY.count + 1);
      } finally {
        output.close();
      }
    },
    60_000,
  );
}

function parsed(line: string): { readonly msg?: unknown } | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
