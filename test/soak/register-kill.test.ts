import { expect, test } from 'vitest';
import { edges } from '../cli/_edges.ts';
import { killDuringWrites } from '../cli/_kills.ts';
import { KEYS_ENV, keepIn } from '../cli/_rules-client.ts';
import { repeated } from './_length.ts';

const all = edges();
const KILLS = repeated(200);

test(`an edge killed ${KILLS} times during writes always restarts with the old or the new rules`, async () => {
  const store = await all.store('https://bucket.example');
  const options = [...keepIn(store.url), '--state-dir', all.at('state')];
  const serve = () => all.serveWith({ env: KEYS_ENV }, ...options);
  const { older, newer } = await killDuringWrites(KILLS, serve, all.at('state'));
  // The kills come at all moments: some between the new file and its answer.
  expect([older > 0, newer > 0]).toEqual([true, true]);
});
