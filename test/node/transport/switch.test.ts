import { afterEach, describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../../src/config/options/operation.ts';
import { type Run, run, stop } from '../../cli/_process.ts';
import { until } from '../../helpers/until.ts';
import { call, configOf, type Started, startEdge } from '../_running.ts';
import { openRaw, type RawBucket } from '../server/_raw.ts';

let edge: Started | undefined;
let program: Run | undefined;
let bucket: RawBucket | undefined;
afterEach(async () => {
  await edge?.close();
  if (program !== undefined) await stop(program);
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

test('--transport reaches worker processes', async () => {
  bucket = await openRaw((socket) => void socket.write('220 ready\r\n'));
  const ports = ['--port', '0', '--admin-port', '0'];
  program = run(['serve', '--bucket', bucket.url, '--workers', '2', '--transport', 'undici', ...ports]);
  expect((await call(`${await program.address('edge')}/key`)).status).toBe(502);
  const line = () =>
    program
      ?.stdout()
      .split('\n')
      .find((one) => one.includes('"msg":"request"'));
  await until('the request is logged', () => line() !== undefined);
  expect(line()).toMatch(WORDS.undici);
});
