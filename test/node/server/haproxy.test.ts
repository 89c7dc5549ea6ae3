import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { until } from '../../helpers/until.ts';
import { configOf, type Started, startEdge } from '../_running.ts';

const EXECUTABLE = '/usr/sbin/haproxy';
const installed = spawnSync(EXECUTABLE, ['-v']).status === 0;
const skipped = !installed && process.env.CI !== 'true';
const about = skipped ? ' (not run: there is no haproxy; apt-get install haproxy)' : '';

/** HAProxy's health checks; the plain one sends `OPTIONS /`. The first two use HTTP/1.0 without Host. */
const CHECKS = {
  plain: ['option httpchk'],
  path: ['option httpchk GET /healthz'],
  get: ['option httpchk', 'http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host localhost'],
} as const;

describe.skipIf(skipped)(`HAProxy${about}`, () => {
  let folder = '';
  let edge: Started;
  let haproxy: ChildProcess | undefined;
  const socket = () => join(folder, 'haproxy.sock');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
    edge = await startEdge(configOf({ bucket: 'http://127.0.0.1:1', drain: '0', adminToken: 'env:T' }), {
      T: 'the-token-of-the-admin-port',
    });
    const { host } = new URL(edge.adminUrl);
    const backends = Object.entries(CHECKS).flatMap(([name, lines]) => [
      `backend ${name}`,
      ...lines,
      `server edge ${host} check inter 200ms rise 1 fall 1`,
    ]);
    const text = [
      'global',
      `stats socket ${socket()} mode 600 level user`,
      'defaults',
      'mode http',
      'timeout connect 5s',
      'timeout client 5s',
      'timeout server 5s',
      ...backends,
    ];
    await writeFile(join(folder, 'haproxy.cfg'), `${text.join('\n')}\n`);
    if (!installed) throw new Error('there is no haproxy: apt-get install haproxy');
    haproxy = spawn(EXECUTABLE, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
  });
  afterAll(async () => {
    if (haproxy?.exitCode === null) {
      haproxy.kill('SIGKILL');
      await once(haproxy, 'exit');
    }
    await edge.close();
    await rm(folder, { recursive: true });
  });

  /** HAProxy's state of a backend's server: `UP L7OK 200`. */
  async function stateOf(backend: string): Promise<string> {
    const connection = connect(socket()).setEncoding('utf8');
    let text = '';
    try {
      connection.write('show stat\n');
      for await (const chunk of connection) text += chunk;
    } catch {
      // HAProxy does not listen yet.
      return '';
    }
    const [names = '', ...rows] = text.replace(/^# /, '').split('\n');
    const row = rows
      .map((line) => line.split(','))
      .find(([name, server]) => name === backend && server === 'edge');
    const field = (name: string) => row?.[names.split(',').indexOf(name)] ?? '';
    return ['status', 'check_status', 'check_code'].map(field).join(' ');
  }

  test.each([
    ['path', 'UP L7OK 200'],
    ['get', 'UP L7OK 200'],
    ['plain', 'UP L7OK 204'],
  ])('by the check "%s" has the admin port %s', async (backend, state) => {
    await until(`HAProxy says ${state}`, async () => (await stateOf(backend)) === state);
  });
});
