import { expect, test } from 'vitest';
import { edges } from './_edges.ts';
import { killDuringWrites } from './_kills.ts';
import { KEYS_ENV, keepIn } from './_rules-client.ts';

const all = edges();
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
