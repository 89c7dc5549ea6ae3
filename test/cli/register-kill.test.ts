import { expect, test } from 'vitest';
import { within } from '../../src/rules/within.ts';
import { until } from '../helpers/until.ts';
import { workersOf } from '../node/cluster/_served.ts';
import { allows, edges } from './_edges.ts';
import { killDuringWrites, originOf } from './_kills.ts';
import { PATIENCE } from './_process.ts';
import { KEYS_ENV, keepIn, originsAt, putRules } from './_rules-client.ts';

const all = edges();
/** Milliseconds after which a client gives a write up. */
const ANSWER_MS = 2_000;
/** test/soak/register-kill.test.ts kills 200 times. */
const KILLS = 40;

test.each<[string, readonly string[], number]>([
  ['an edge', [], KILLS],
  ['the primary of worker processes', ['--workers', '2'], 8],
])(
  '%s killed at any moment of a write restarts with the old or the new rules, and with every answered write',
  async (_, args, kills) => {
    const store = await all.store('https://bucket.example');
    const options = [...keepIn(store.url), '--state-dir', all.at('state'), ...args];
    const serve = () => all.serveWith({ env: KEYS_ENV }, ...options);
    const { older, newer } = await killDuringWrites(kills, serve, all.at('state'));
    expect(older + newer).toBe(kills);
  },
  120_000,
);

test.each([1, 2, 3, 4])(
  'a worker process killed during writes leaves the old or the new rules, in force as they are stored (%i)',
  async () => {
    const store = await all.store('https://bucket.example');
    const args = ['--state-dir', all.at('state'), '--workers', '2', '--rules-ttl', '1h'];
    const edge = await all.serveWith({ env: KEYS_ENV }, ...keepIn(store.url), ...args);
    const [victim = 0] = await workersOf(edge);
    let [sent, answered] = [0, 0];
    let isKilled = false;
    const write = async (): Promise<void> => {
      sent += 1;
      const number = sent;
      // Node never answers a connection that it was just handing to a process that is killed.
      await within(ANSWER_MS, putRules(edge, originOf(number)));
      answered = number;
    };
    await write();
    setTimeout(() => {
      isKilled = true;
      process.kill(victim, 'SIGKILL');
    }, Math.random() * 40);
    // Writes that the killed process served fail; the other process serves the next ones.
    while (!isKilled) await write().catch((error) => expect(isKilled, String(error)).toBe(true));
    let origins: readonly string[] | null = null;
    const answers = async (): Promise<boolean> => {
      origins = await within(ANSWER_MS, originsAt(edge)).catch(() => null);
      return origins !== null;
    };
    await until('the other process answers', answers, PATIENCE);
    const number = Number(/\d+/.exec(String(origins))?.[0]);
    expect([number >= answered, number <= sent]).toEqual([true, true]);
    await until('they are in force', () => allows(edge, originOf(number)), PATIENCE);
  },
);
