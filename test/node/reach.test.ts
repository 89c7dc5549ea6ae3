import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { answersTo, isThisMachine, reachOf } from '../../src/node/reach.ts';

describe('the clients that reach an address', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.0.0.53', 'loopback'],
    ['::1', 'loopback'],
    ['localhost', 'loopback'],
    ['0.0.0.0', 'beyond'],
    ['::', 'beyond'],
    ['10.0.0.5', 'beyond'],
  ])('of %s are on %s', async (host, reach) => {
    expect(await reachOf(host)).toBe(reach);
  });

  test('of a name without an address are unknown: the error of DNS is thrown', async () => {
    await expect(reachOf('no-such-host.invalid')).rejects.toMatchObject({
      code: expect.stringMatching(/^E(NOTFOUND|AI_AGAIN)$/),
    });
  });
});

describe('a server answers requests for the host', () => {
  const EVERYWHERE = ['localhost:8081', '127.0.0.1:8081', '[::1]', 'Edge.Example.com.:8081', ''];
  /** Hosts of a server in a cluster or an internal network, which the public DNS does not have. */
  const BEYOND = ['10.1.2.3:8081', '[fd00::7]:8081', 'edge', 'edge.ns.svc.cluster.local', hostname()];
  const NEVER = ['evil.test', 'evil.test:8081', 'localhost.evil.test', '127.0.0.1.evil.test', 'a, b', 'a@b'];
  const loopback = answersTo('loopback', ['127.0.0.1', 'edge.example.com']);
  const beyond = answersTo('beyond', ['0.0.0.0', 'edge.example.com']);

  test.each(EVERYWHERE)('"%s" wherever it listens', (host) => {
    expect([loopback(host), beyond(host)]).toEqual([true, true]);
  });

  test.each(BEYOND)('%s beyond loopback only', (host) => {
    expect([loopback(host), beyond(host)]).toEqual([false, true]);
  });

  test.each(NEVER)('%s nowhere', (host) => {
    expect([loopback(host), beyond(host)]).toEqual([false, false]);
  });
});

describe('whether a host means this machine without asking DNS', () => {
  test.each([
    ['localhost', true],
    ['LocalHost.', true],
    ['localhost.:8080', true],
    ['app.localhost', true],
    ['127.0.0.1', true],
    ['127.0.0.1.:80', true],
    ['127.1', true],
    ['::1', true],
    ['[::1]', true],
    ['[0:0::1]:8080', true],
    ['::ffff:127.0.0.1', true],
    ['localhost.example', false],
    ['notlocalhost', false],
    ['localhost..', false],
    ['127.0.0.1.example', false],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['', false],
  ])('%s: %s', (host, local) => {
    expect(isThisMachine(host)).toBe(local);
  });
});
