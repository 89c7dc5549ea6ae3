import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { expect } from 'vitest';
import { type Edge, linesWith, PORTS } from '../../cli/_edges.ts';
import { PATIENCE, type Run, run } from '../../cli/_process.ts';
import { call } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { call as askOnce } from '../_running.ts';

/** Like `edges().serve` with another time limit in milliseconds; the test ends the edge itself. */
export async function serveFor(limit: number, ...args: readonly string[]): Promise<Edge> {
  const started = run(['serve', ...PORTS, ...args], { limit });
  return { ...started, url: await started.address('edge'), adminUrl: await started.address('admin') };
}

/** The sum of a metric over all its labels. */
export async function metric({ adminUrl }: Edge, name: string): Promise<number> {
  const { text } = await askOnce(`${adminUrl}/metrics`);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** The process ids of an edge's worker processes, as the kernel lists them. */
export async function workersOf({ child }: Pick<Run, 'child'>): Promise<number[]> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** Replaces the worker processes; resolves when all new ones listen. */
export async function roll(edge: Run): Promise<void> {
  const before = linesWith(edge, /^workers replaced$/).length;
  edge.child.kill('SIGUSR2');
  await until(
    'the worker processes are replaced',
    () => linesWith(edge, /^workers replaced$/).length > before,
    PATIENCE,
  );
}

/** A client with one keep-alive connection. */
export function client({ url }: Edge) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    close: () => agent.destroy(),
    async get(target: string, headers: readonly string[] = []) {
      const { status, headers: answered, body, port } = await call(url, { target, headers, agent });
      return { status, headers: answered, text: String(body), port };
    },
    async allows(origin: string): Promise<boolean> {
      const { status, headers } = await call(url, { target: '/x', headers: ['Origin', origin], agent });
      expect(status).toBe(200);
      return headers.includes(origin);
    },
    put: (target: string) => call(url, { method: 'PUT', target, headers: ['Content-Length', '0'], agent }),
  };
}
