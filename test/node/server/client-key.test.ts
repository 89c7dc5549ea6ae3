import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientKey, forwardedKey } from '../../../src/node/server/client-key.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::1', '2001:db8:1:2'],
  ['2001:0db8:0001::', '2001:db8:1:0'],
  ['2001:db8::7:8', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  [null, ''],
  [undefined, ''],
  ['', ''],
  ['unknown', ''],
  ['192.0.2', ''],
  ['2001:db8', ''],
])('the client at %s counts as %j', (address, key) => {
  expect(clientKey(address)).toBe(key);
});

test('IPv6 addresses count as one client exactly if their first 64 bits are the same', () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const written = (numbers: readonly number[], shortened: boolean): string => {
    const hex = numbers.map((number) => number.toString(16)).join(':');
    // The URL writes the longest run of zeros as `::`.
    return shortened ? new URL(`http://[${hex}]/`).hostname.slice(1, -1) : hex;
  };
  fc.assert(
    fc.property(groups, groups, fc.boolean(), (one, other, same) => {
      // An IPv4-mapped address is a separate client.
      fc.pre(one.slice(0, 5).some((number) => number !== 0));
      const second = [...(same ? one : other).slice(0, 4), ...other.slice(4)];
      fc.pre(second.slice(0, 5).some((number) => number !== 0));
      const equal = one.slice(0, 4).join() === second.slice(0, 4).join();
      expect(clientKey(written(one, true)) === clientKey(written(second, false))).toBe(equal);
    }),
  );
});

test.each([
  [['X-Forwarded-For', '192.0.2.1'], '192.0.2.1'],
  [['x-forwarded-for', '198.51.100.7, 192.0.2.1'], '192.0.2.1'],
  [['X-Forwarded-For', '198.51.100.7', 'X-Forwarded-For', '192.0.2.1'], '192.0.2.1'],
  [['X-Forwarded-For', '192.0.2.1:4711'], '192.0.2.1'],
  [['X-Forwarded-For', '2001:db8:1:2::1'], '2001:db8:1:2'],
  [['X-Forwarded-For', '[2001:db8:1:2::1]:4711'], '2001:db8:1:2'],
  [['X-Forwarded-For', '[2001:db8:1:2::1]'], '2001:db8:1:2'],
  [['X-Forwarded-For', '192.0.2.1, unknown'], ''],
  [['X-Forwarded-For', '192.0.2.1,'], ''],
  [['X-Forwarded-For', ''], ''],
  [['Host', 'a'], ''],
])('a trusted proxy that sends %j names the client %j', (headers, key) => {
  expect(forwardedKey(headers)).toBe(key);
});
