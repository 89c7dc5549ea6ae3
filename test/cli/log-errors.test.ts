import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listen } from '../helpers/listen.ts';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { freePort } from '../node/keep/_redis-server.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { closedPipe, closedTerminal, fullDevice, fullPipe, stoppedTerminal } from './_outputs.ts';
import { ended, PATIENCE, run, stop } from './_process.ts';

/** Milliseconds after which a process that does not wait has certainly exited. */
const EXIT_LIMIT_MS = 12_000;
const SERVE = ['serve', '--bucket', 'http://127.0.0.1:1/b', '--rules', rulesFor('*'), '--drain', '2s'];

let taken: Server;
let port = 0;
beforeEach(async () => {
  taken = createServer();
  port = await listen(taken);
});
afterEach(() => new Promise<void>((resolve) => taken.close(() => resolve())));

/** Throws an uncaught error at SIGURG. */
const CRASHES = {
  NODE_OPTIONS: "--import=data:text/javascript,process.on('SIGURG',()=>{throw(new(Error)('crashed'))})",
};

const answers = (url: string): Promise<boolean> =>
  call(url).then(
    () => true,
    () => false,
  );

const KINDS = [
  ['a full device', fullDevice],
  ['a full pipe', fullPipe],
  ['a pipe whose reader has exited', closedPipe],
  ['a closed terminal', closedTerminal],
  ['a stopped terminal', stoppedTerminal],
] as const;

describe.runIf(existsSync('/proc/self/fd')).each(KINDS)('with %s for both outputs', (_, open) => {
  test('a faulty command line exits with 2, and a failed start with 1', async () => {
    const output = open();
    const began = performance.now();
    try {
      const wrong = ended(['serve', '--prot', '1'], output.both);
      const fails = ended([...SERVE, '--port', String(port), '--admin-port', '0'], output.both);
      expect([(await wrong).code, (await fails).code]).toEqual([2, 1]);
      expect(performance.now() - began).toBeLessThan(EXIT_LIMIT_MS);
    } finally {
      output.close();
    }
  });

  test('the edge serves, and exits at SIGTERM', async () => {
    const output = open();
    const [own, adminPort] = [await freePort(), await freePort()];
    const edge = run([...SERVE, '--port', String(own), '--admin-port', String(adminPort)], output.both);
    try {
      await until('it answers', () => answers(`http://127.0.0.1:${own}/x`), PATIENCE);
      for (let time = 0; time < 200; time += 1) {
        const preflight = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' };
        const { status } = await call(`http://127.0.0.1:${own}/x`, { method: 'OPTIONS', headers: preflight });
        expect(status).toBe(200);
      }
      expect((await call(`http://127.0.0.1:${adminPort}/healthz`)).status).toBe(200);
      const began = performance.now();
      edge.child.kill('SIGTERM');
      expect(await edge.code).toBe(0);
      expect(performance.now() - began).toBeLessThan(EXIT_LIMIT_MS);
    } finally {
      await stop(edge);
      output.close();
    }
  });

  test('a crash exits with 1', async () => {
    const output = open();
    const own = await freePort();
    const args = [...SERVE, '--port', String(own), '--admin-port', '0'];
    const edge = run(args, { ...output.both, env: CRASHES });
    try {
      await until('it answers', () => answers(`http://127.0.0.1:${own}/x`), PATIENCE);
      edge.child.kill('SIGURG');
      expect(await edge.code).toBe(1);
    } finally {
      await stop(edge);
      output.close();
    }
  });
});

test('a crash is on standard error, and the log has the lines before it', async () => {
  const edge = run([...SERVE, '--port', '0', '--admin-port', '0'], { env: CRASHES });
  try {
    await call(`${await edge.address('edge')}/before`);
    edge.child.kill('SIGURG');
    expect(await edge.code).toBe(1);
    expect(edge.stderr()).toContain('Error: crashed');
    expect(edge.stdout()).toContain('"path":"/before"');
  } finally {
    await stop(edge);
  }
});
