import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostOf, hostsOf, isAddress, isLoopbackHost, isPrivateName } from '../../src/edge/host.ts';

describe('hostOf returns the canonical form of a Host header', () => {
  test.each([
    ['Example.COM', 'example.com'],
    ['example.com:8080', 'example.com'],
    ['example.com:', 'example.com'],
    ['example.com.', 'example.com'],
    ['example.com.:80', 'example.com'],
    ['ex_ample.com', 'ex_ample.com'],
    ['LOCALHOST:1', 'localhost'],
    ['[::1]:8080', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[::FFFF:127.0.0.1]', '[::ffff:7f00:1]'],
    ['127.0.0.1.', '127.0.0.1'],
    ['127.1:80', '127.0.0.1'],
    ['0x7f.0.0.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['%6cocalhost', 'localhost'],
    ['', ''],
  ])('%s is %s', (value, host) => {
    expect(hostOf(value)).toBe(host);
  });

  test.each([
    'a, b',
    'user@a',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    '::1',
    '[::1',
    'a:b',
    'a b',
    'a%20b',
    '1.2.3.4.5',
  ])('or null for the invalid host "%s"', (value) => {
    expect(hostOf(value)).toBe(null);
  });

  test('which it does not change', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4()), fc.nat(65_535), fc.boolean(), (host, port, dot) => {
        const form = hostOf(host);
        expect(hostOf(form ?? '')).toBe(form);
        expect(hostOf(`${host.toUpperCase()}${dot ? '.' : ''}:${port}`)).toBe(form);
      }),
    );
  });
});

test.each([
  ['localhost', true],
  ['media.localhost', true],
  ['127.0.0.1', true],
  ['127.9.8.7', true],
  ['[::1]', true],
  ['[::ffff:7f00:1]', true],
  ['localhost.evil.test', false],
  ['127.0.0.1.evil.test', false],
  ['notlocalhost', false],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['128.0.0.1', false],
  ['[::]', false],
  ['[::ffff:a00:1]', false],
  ['', false],
])('the host "%s" is a loopback host: %s', (host, loopback) => {
  expect(isLoopbackHost(host)).toBe(loopback);
});

test.each([
  ['10.0.0.5', true],
  ['[fe80::1]', true],
  ['10.0.0.5.evil.test', false],
  ['edge', false],
])('%s is an address: %s', (host, address) => {
  expect(isAddress(host)).toBe(address);
});

test.each([
  ['edge', true],
  ['edge.monitoring.svc.cluster.local', true],
  ['vm.europe-west1.c.project.internal', true],
  ['edge.example.com', false],
  ['evil.test', false],
  ['local.evil.test', false],
])('%s is a name that the public DNS cannot have: %s', (host, isPrivate) => {
  expect(isPrivateName(host)).toBe(isPrivate);
});

test('hostsOf returns configured names in canonical form, without invalid hosts', () => {
  expect(hostsOf(['Edge.Example.com.', '::1', '[::1]', '10.0.0.5', 'a b', ''])).toEqual([
    'edge.example.com',
    '[::1]',
    '[::1]',
    '10.0.0.5',
  ]);
});
