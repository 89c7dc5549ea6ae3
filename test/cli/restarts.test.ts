import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { presence, type Running, startProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { freePort } from '../node/_ports.ts';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { PATIENCE, type Run, run, stop } from './_process.ts';

const { skipped, why } = presence('haproxy', '-v', 'haproxy');
const RESTARTS = 20;
/** Clients that send one request after the other. */
const CLIENTS = 8;
/** Milliseconds that the process of a restarted edge may live. */
const LIFE = 240_000;

interface Place {
  readonly port: number;
  readonly adminPort: number;
  readonly workers: string;
}

let store: Store;
let haproxy: Running | undefined;
const edges = new Map<Place, Run>();
beforeEach(async () => {
  store = await openStore(rulesFor('https://a.example'));
});
afterEach(async () => {
  for (const edge of edges.values()) await stop(edge);
  await haproxy?.stop();
  await store.close();
});

async function startAt(place: Place): Promise<void> {
  const { port, adminPort, workers } = place;
  const ports = ['--port', `${port}`, '--admin-port', `${adminPort}`, '--workers', workers];
  const ending = ['--shutdown-delay', '1s', '--drain', '1s'];
  const edge = run(['serve', '--bucket', store.url, ...ports, ...ending, '--log-level', 'warn'], {
    limit: LIFE,
  });
  edges.set(place, edge);
  await edge.address('admin');
}

/** HAProxy in front of two edges, with the check that docs/operation.md has. */
const startHaproxy = async (places: readonly Place[]): Promise<Running> => {
  const port = await freePort();
  const servers = places.map(
    (place, at) => `server edge${at} 127.0.0.1:${place.port} check port ${place.adminPort}`,
  );
  return startProgram('haproxy', port, async (folder) => {
    const file = join(folder, 'haproxy.cfg');
    const text = [
      'defaults',
      'mode http',
      'timeout connect 5s',
      'timeout client 10s',
      'timeout server 10s',
      'listen edges',
      `bind 127.0.0.1:${port}`,
      'option httpchk GET /readyz?serving',
      'default-server inter 200ms fall 2 rise 1',
      ...servers,
    ];
    await writeFile(file, `${text.join('\n')}\n`);
    return ['-db', '-f', file];
  });
};

/** Sends requests until the returned function is called, which resolves to the wrong answers and the number of requests. */
function load(url: string) {
  const agent = new Agent({ connections: CLIENTS, pipelining: 1 });
  const failed: string[] = [];
  let sent = 0;
  let stopped = false;
  const client = async (at: number): Promise<void> => {
    while (!stopped) {
      const method = at % 2 === 0 ? 'GET' : 'OPTIONS';
      const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
      try {
        const answered = await request(`${url}/a`, { dispatcher: agent, method, headers });
        const text = await answered.body.text();
        const allowed = answered.headers['access-control-allow-origin'];
        const isRight = answered.statusCode === 200 && allowed === 'https://a.example';
        if (!isRight || (method === 'GET' && text !== 'hello')) failed.push(`${answered.statusCode} ${text}`);
      } catch (error) {
        failed.push(String(error));
      }
      sent += 1;
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, at) => client(at)));
  return async () => {
    stopped = true;
    await clients;
    await agent.close();
    return { failed, sent };
  };
}

const isUp = async ({ adminPort }: Place): Promise<boolean> =>
  (await call(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null))?.status === 200;

describe.skipIf(skipped)(`HAProxy that asks /readyz?serving${why}`, () => {
  test(
    `loses no request while two edges are restarted ${RESTARTS} times`,
    async () => {
      const places: Place[] = [];
      for (const workers of ['1', '2'])
        places.push({ port: await freePort(), adminPort: await freePort(), workers });
      for (const place of places) await startAt(place);
      for (const place of places) await until('an edge is ready', () => isUp(place), PATIENCE);
      haproxy = await startHaproxy(places);
      const end = load(haproxy.url);
      for (let at = 0; at < RESTARTS; at += 1) {
        const place = places[at % 2];
        const edge = place && edges.get(place);
        if (!place || !edge) throw new Error('there are two edges');
        const exited = once(edge.child, 'exit');
        edge.child.kill('SIGTERM');
        expect(await exited).toEqual([0, null]);
        await startAt(place);
        await until('the edge is ready again', () => isUp(place), PATIENCE);
        // HAProxy sees it by its next check.
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const { failed, sent } = await end();
      expect(failed).toEqual([]);
      expect(sent).toBeGreaterThan(1_000);
    },
    LIFE,
  );
});
