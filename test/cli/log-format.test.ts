import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { NODE, PATIENCE, type Run, run, stop } from './_process.ts';

const BIN = fileURLToPath(new URL('../../bin/bucket-cors.js', import.meta.url));
const BUCKET = fileURLToPath(new URL('../../examples/bucket', import.meta.url));
const SERVE = [
  'serve',
  '--bucket',
  BUCKET,
  '--rules',
  rulesFor('https://a.example'),
  '--port',
  '0',
  '--admin-port',
  '0',
];
const REFUSED = {
  method: 'OPTIONS',
  headers: { Origin: 'https://b.example', 'Access-Control-Request-Method': 'PUT' },
};

let edge: Run | undefined;
afterEach(async () => {
  if (edge !== undefined) await stop(edge);
  edge = undefined;
});

test('the lines of a start and of an end are in the log, with what listens and why it ends', async () => {
  edge = run([...SERVE, '--bucket-name', 'my-bucket']);
  const url = await edge.address('edge');
  const admin = await edge.address('admin');
  await call(`${url}/hello.txt`);
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe(0);
  const lines = edge
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const lineOf = (msg: string) => lines.find((line) => line.msg === msg);
  expect(lineOf('started')).toMatchObject({ edge: url, admin, buckets: 1, names: ['my-bucket'], workers: 1 });
  expect(lineOf('started').version).toMatch(/^\d+\.\d+\.\d+/);
  expect(lineOf('stopping')).toMatchObject({ why: 'SIGTERM', drain: 10_000 });
  expect(lineOf('requests in flight finished')).toMatchObject({ inFlight: 0, ended: 0 });
  expect(lines.at(-1)).toMatchObject({ msg: 'stopped', why: 'SIGTERM' });
});

describe.each(['1', '2'])('with --workers %s, --log-format pretty', (workers) => {
  test('writes text for a person in every process', async () => {
    edge = run([...SERVE, '--workers', workers, '--log-format', 'pretty']);
    const url = await edge.address('edge');
    for (let at = 0; at < 4; at += 1) await call(`${url}/hello.txt`, REFUSED);
    await until(
      'the requests are logged',
      () => (edge?.stdout().match(/ OPTIONS 403 /g) ?? []).length === 4,
      PATIENCE,
    );
    edge.child.kill('SIGTERM');
    expect(await edge.code).toBe(0);
    const text = edge.stdout();
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}started version=/m);
    expect(text).toMatch(
      /^\S+ INFO {2}OPTIONS 403 bucket \/hello\.txt \(for PUT\) No rule lists the origin https:\/\/b\.example\..* [\d.]+ ms$/m,
    );
    expect(text).toMatch(
      /^\S+ WARN {2}refused by the rules\n {4}bucket: bucket\n {4}origin: https:\/\/b\.example$/m,
    );
    expect(text).toMatch(/^\S+ INFO {2}stopped why=SIGTERM/m);
    // An array of JSON in a value begins no line.
    expect(text).not.toMatch(/^[{[]/m);
  });
});

describe('on a terminal', () => {
  /** The program with a terminal for its outputs (util-linux's `script`). */
  async function onTerminal(env: Record<string, string>, ...more: string[]): Promise<string> {
    const words = [NODE, BIN, ...SERVE, ...more].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', words, '/dev/null'], {
      env: { PATH: process.env.PATH ?? '', TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
    await until('the edge has started', () => /started/.test(text), PATIENCE);
    // The terminal's interrupt: `script` passes it on as SIGINT.
    child.stdin.write('\u0003');
    await once(child, 'close');
    return text;
  }

  test('lines are text in colours', async () => {
    expect(await onTerminal({})).toContain('\u001b[32mINFO \u001b[39m started');
  });
  test('lines are text without colours if NO_COLOR is set', async () => {
    const text = await onTerminal({ NO_COLOR: '1' });
    expect(text).toMatch(/INFO {2}started version=/);
    expect(text).not.toContain('\u001b[3');
  });
  test('lines are JSON if the operator asks for it', async () => {
    expect(await onTerminal({}, '--log-format', 'json')).toMatch(/^\{"level":"info",.*"msg":"started"\}/m);
  });
});
