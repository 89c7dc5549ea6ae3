import { describe, expect, test } from 'vitest';
import { linesWith } from '../../cli/_edges.ts';
import { ATTACKER, connections, flood, upload } from './_attack.ts';
import { expectServed, PATIENCE, under, useTarget } from './_target.ts';

describe('while one address has 256 requests in flight and 600 in the queue, another is served', () => {
  const at = useTarget({ flooded: {} });

  test('even if the first sends a request after each response', { timeout: PATIENCE }, async (context) => {
    await under(context, at(), 'flooded', flood(at(), 856, 'flooded'));
    await expectServed(at(), 'flooded');
  });
});

describe('while one address has all of both worker processes, another is served', () => {
  const at = useTarget({ stalled: {} }, ['--workers', '2']);

  test('beside 400 stalled uploads', { timeout: PATIENCE }, async (context) => {
    // More than 256, because connections are not distributed evenly and both processes must be full.
    await under(context, at(), 'stalled', connections(at(), 400, upload('stalled')));
    await expectServed(at(), 'stalled');
    expect(linesWith(at(), /more than its share/)[0]).toMatchObject({ client: ATTACKER, requests: 128 });
  });
});
