import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Edge } from './_edges.ts';
import { askForRules, originsAt } from './_rules-client.ts';

/** Rules in each document: a torn document would have those of two writes, or fewer. */
const RULES = 10;
/** Milliseconds from the first write of a round until the kill, at most: writes take a few milliseconds each. */
const LONGEST = 60;

export const originOf = (number: number): string => `https://w${number}.example`;

function documentOf(number: number): string {
  const headers = Array.from(
    { length: 20 },
    (_, at) => `<AllowedHeader>x-oss-meta-${at}</AllowedHeader>`,
  ).join('');
  const rule = `<CORSRule><AllowedOrigin>${originOf(number)}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>${headers}</CORSRule>`;
  return `<CORSConfiguration>${rule.repeat(RULES)}</CORSConfiguration>`;
}

/** What the client of the killed edges knows. */
interface Written {
  /** The last write that was answered with 200; 0: none. */
  answered: number;
  /** The last write that was sent. */
  sent: number;
}

/** Checks that the edge has exactly the rules of one write, and none older than the last answered one. */
async function check(edge: Edge, { answered, sent }: Written, round: number): Promise<number> {
  const origins = (await originsAt(edge)) ?? [];
  const number = Number(/^https:\/\/w(\d+)\./.exec(origins[0] ?? '')?.[1] ?? 0);
  expect(origins, `round ${round}`).toEqual(number === 0 ? [] : Array(RULES).fill(originOf(number)));
  expect(number, `round ${round}: ${answered} was answered`).toBeGreaterThanOrEqual(answered);
  expect(number, `round ${round}`).toBeLessThanOrEqual(sent);
  return number;
}

/** Writes until the edge is killed. */
async function writeUntilKilled(edge: Edge, written: Written): Promise<void> {
  for (;;) {
    written.sent += 1;
    const number = written.sent;
    try {
      const { status } = await askForRules(edge.url, { method: 'PUT', body: documentOf(number) });
      expect(status).toBe(200);
      written.answered = number;
    } catch (error) {
      if (edge.child.killed) return;
      throw error;
    }
  }
}

/**
 * Kills an edge with SIGKILL during writes, again and again; `serve` starts it with the state of the one before. Returns
 * how often the rules of the last answered write were stored then, and how often those of a newer one.
 */
export async function killDuringWrites(kills: number, serve: () => Promise<Edge>, folder: string) {
  const written: Written = { answered: 0, sent: 0 };
  const found = { older: 0, newer: 0 };
  for (let round = 1; round <= kills; round += 1) {
    const edge = await serve();
    // What this edge has found is what a reader has seen: it must not go back either.
    written.answered = await check(edge, written, round);
    const writing = writeUntilKilled(edge, written);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST));
    edge.child.kill('SIGKILL');
    await Promise.all([writing, edge.code]);
    const [file] = (await readdir(folder)).filter((name) => name.startsWith('register-'));
    if (written.answered > 0) expect(file, `round ${round}`).toBeDefined();
    const before = written.answered;
    const now = await storedNumber(folder, file);
    if (now > before) found.newer += 1;
    else found.older += 1;
  }
  await check(await serve(), written, kills + 1);
  return found;
}

async function storedNumber(folder: string, file: string | undefined): Promise<number> {
  if (file === undefined) return 0;
  const { document } = JSON.parse(await readFile(join(folder, file), 'utf8'));
  return Number(/https:\/\/w(\d+)\./.exec(document)?.[1]);
}
