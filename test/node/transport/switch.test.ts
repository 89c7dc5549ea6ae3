import { afterEach, describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../../src/config/options/operation.ts';
import { until } from '../../helpers/until.ts';
import { configOf, type Started, startEdge } from '../_running.ts';
import { openRaw, type RawBucket } from '../server/_raw.ts';

let edge: Started | undefined;
let bucket: RawBucket | undefined;
afterEach(async () => {
  await edge?.close();
  await bucket?.close();
});

/** How each transport says that a bucket does not speak HTTP. */
const WORDS = { own: /does not speak the HTTP\/1\.1 protocol/, undici: /Expected HTTP/ };

describe.each(TRANSPORTS)('--transport %s', (transport) => {
  test('reads objects and rules', async () => {
    bucket = await openRaw((socket) => void socket.write('220 ready\r\n'));
    edge = await startEdge(configOf({ bucket: bucket.url, transport }));
    expect((await edge.call('/key')).status).toBe(502);
    const lineOf = (msg: string) => edge?.logged().find((line) => line.msg === msg);
    await until('the request is logged', () => lineOf('request') !== undefined);
    const cause = expect.stringMatching(WORDS[transport]);
    expect(lineOf('request')).toMatchObject({ code: 'BucketAnswerInvalid', cause });
    const reasons = await edge.admin('/readyz');
    expect(JSON.stringify(reasons.json)).toMatch(WORDS[transport]);
  });
});
