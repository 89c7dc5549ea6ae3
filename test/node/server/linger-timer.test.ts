import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { until } from '../../helpers/until.ts';

let edge: NodeEdge;
afterEach(async () => {
  vi.restoreAllMocks();
  await edge.close();
});

/** The limit on the time in which the rest of a body is discarded. */
const LINGER_TIME = 30_000;

test('no timer is left of a client that leaves while the rest of its body is discarded', async () => {
  edge = await openOnNode({});
  edge.bucket.script = (_request, _incoming, outgoing) => void outgoing.writeHead(403).end('no');
  const begun = vi.spyOn(globalThis, 'setTimeout');
  const cleared = vi.spyOn(globalThis, 'clearTimeout');
  const { hostname, port, host } = new URL(edge.url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write(`PUT /key HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\nbegin`);
  await new Promise((resolve) => socket.once('data', resolve));
  const timers = (): unknown[] =>
    begun.mock.results.flatMap(({ value }, at) => (begun.mock.calls[at]?.[1] === LINGER_TIME ? [value] : []));
  await until('the rest is discarded', () => timers().length > 0);
  socket.destroy();
  await until('the timer is stopped', () =>
    timers().every((timer) => cleared.mock.calls.some(([stopped]) => stopped === timer)),
  );
  expect(timers()).toHaveLength(1);
});
