import { readFile } from 'node:fs/promises';
import { afterEach } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { rule } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { linesWith } from './_edges.ts';
import { PATIENCE, type Run, type RunOptions, run, stop } from './_process.ts';

/** Milliseconds that a watch may run. */
const LIMIT_MS = 60_000;

export interface Watch extends Run {
  readonly adminUrl: string;
}

/** A document whose only rule allows these origins. */
export const documentFor = (...allowedOrigins: string[]): string =>
  toXml({ rules: [rule({ allowedOrigins })], responseVary: false });

/** Watched exports of the tests of a file; those of a test are killed at its end. */
export function watches(target: string) {
  const runs: Run[] = [];
  afterEach(async () => {
    for (const running of runs.splice(0)) await stop(running);
  });
  /** Starts one on a free admin port. */
  return async (args: readonly string[], options: RunOptions = {}): Promise<Watch> => {
    const started = run(['export', target, '--watch', '--admin-port', '0', ...args], {
      limit: LIMIT_MS,
      ...options,
    });
    runs.push(started);
    return { ...started, adminUrl: await started.address('admin') };
  };
}

/** Whether the process is ready, as `/readyz` says. */
export async function readiness({ adminUrl }: Watch) {
  const { status, text } = await call(`${adminUrl}/readyz`);
  const { status: word, reasons } = JSON.parse(text) as { status: string; reasons: string[] };
  return { code: status, status: word, reasons };
}

/** A count of `/metrics`, by the name and the labels that are compared. */
export async function countOf({ adminUrl }: Watch, name: string, outcome: string): Promise<number> {
  const { text } = await call(`${adminUrl}/metrics`);
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && one.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ').at(-1));
}

export const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/** Waits until a file has a text in it. */
export const untilHas = (path: string, part: string, limit = PATIENCE): Promise<void> =>
  until(`${path} has ${part}`, async () => (await textOf(path))?.includes(part) ?? false, limit);

export const messages = (watch: Watch): readonly string[] =>
  linesWith(watch, /./).map(({ msg }) => String(msg));
