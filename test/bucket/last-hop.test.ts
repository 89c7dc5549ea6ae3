import { expect, test } from 'vitest';
import { lastHop } from '../../src/bucket/last-hop.ts';

test.each([
  [['X-Forwarded-For', '192.0.2.1'], '192.0.2.1'],
  [['x-forwarded-for', '198.51.100.7, 192.0.2.1'], '192.0.2.1'],
  [['X-Forwarded-For', '198.51.100.7', 'X-Forwarded-For', '192.0.2.1'], '192.0.2.1'],
  [['X-Forwarded-For', '[2001:db8::1]:4711'], '2001:db8::1'],
  [['X-Forwarded-For', '192.0.2.1, unknown'], null],
  [['X-Forwarded-For', '192.0.2.1\u001b[2J'], null],
  [['X-Forwarded-For', '999.0.2.1'], null],
  [['X-Forwarded-For', ''], null],
  [['Forwarded', 'for=192.0.2.1'], '192.0.2.1'],
  [['Forwarded', 'for=198.51.100.7, for=192.0.2.1;proto=https;by=203.0.113.9'], '192.0.2.1'],
  [['Forwarded', 'proto=https; FOR="192.0.2.1:4711";host="a,b"'], '192.0.2.1'],
  [['Forwarded', 'for="[2001:db8::1]:4711"'], '2001:db8::1'],
  [['Forwarded', 'for=_hidden'], null],
  [['Forwarded', 'for=unknown'], null],
  [['Forwarded', 'by=192.0.2.1'], null],
  // The quotation mark that a client leaves open takes the proxy's own element in no list.
  [['Forwarded', 'for="198.51.100.7, for=192.0.2.1'], '192.0.2.1'],
  [['Forwarded', 'for="198.51.100.7, for="[2001:db8::1]"'], '2001:db8::1'],
  [['Forwarded', 'for=198.51.100.7', 'X-Forwarded-For', '192.0.2.1'], '192.0.2.1'],
  [['Host', 'a'], null],
])('a trusted proxy that sends %j names the client %j', (headers, address) => {
  expect(lastHop(headers)).toBe(address);
});

test('a hostile header takes no time', () => {
  const begun = performance.now();
  for (const hostile of [',"'.repeat(8_000), '",'.repeat(8_000), '"\\'.repeat(8_000), 'for="'.repeat(4_000)])
    lastHop(['Forwarded', hostile]);
  expect(performance.now() - begun).toBeLessThan(500);
});
