import { expect, test } from 'vitest';
import { isThisMachine } from '../../src/node/reach.ts';

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
])('%s is this machine: %s', (host, local) => {
  expect(isThisMachine(host)).toBe(local);
});
