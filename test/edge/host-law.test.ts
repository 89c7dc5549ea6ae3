import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configuredName, hostName } from '../../src/bucket/host.ts';
import type { Bucket } from '../../src/edge/bucket.ts';
import { isHost } from '../../src/edge/host.ts';
import { createRouter } from '../../src/edge/route.ts';

/** Names in canonical form, with other spellings that clients may send. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'files.example': [],
  'file.example': [],
  'files.example.com': [],
  'my_files.example': [],
  'a--b.example': [],
  '1.example': [],
  localhost: [],
  'xn--bcher-kva.example': ['bücher.example'],
  'bucher.example': [],
  'xn--zca.example': ['ß.example'],
  'ss.example': [],
  'xn--r8jz45g.xn--zckzah': ['例え.テスト'],
  '127.0.0.1': ['127.1', '0x7f000001', '2130706433', '0177.0.0.01'],
  '127.0.0.2': ['127.0.2', '0x7f.2'],
  '[::1]': ['[0:0:0:0:0:0:0:1]', '[::0001]', '[0::1]'],
  '[2001:db8::a]': ['[2001:0db8:0:0::a]', '[2001:db8:0:0:0:0:0:a]'],
};
const WHOLE = Object.keys(NAMES);

const percentEncoded = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

interface Spelling {
  readonly name: string;
  /** A spelling for a configuration. */
  readonly written: string;
  /** A spelling for a Host header: in ASCII, possibly with a port. */
  readonly host: string;
}

const spellings: fc.Arbitrary<Spelling> = fc.constantFrom(...WHOLE).chain((name) => {
  const isIPv6 = name.startsWith('[');
  return fc
    .record({
      base: fc.constantFrom(name, ...(NAMES[name] ?? [])),
      upper: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      coded: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      codes: fc.boolean(),
      dot: fc.boolean(),
      port: fc.constantFrom('', ':', ':80', ':8443'),
    })
    .map(({ base, upper, coded, codes, dot, port }) => {
      const written = [...base].map((char, at) => (upper[at] ? char.toUpperCase() : char)).join('');
      const end = dot && !isIPv6 ? '.' : '';
      const ascii = [...written].map((char, at) =>
        char > '~' || (codes && !isIPv6 && coded[at]) ? percentEncoded(char) : char,
      );
      return { name, written: written + end, host: ascii.join('') + end + port };
    });
});

const bucketAt = (name: string, hosts?: readonly string[]): Bucket => ({
  name,
  address: { base: 'http://b', host: 'b', path: '' },
  rules: { current: () => Promise.reject(new Error('not asked')), refresh: async () => {} },
  ...(hosts !== undefined && { hosts }),
});

// `ß` in capitals is `SS`, a different name.
const sameName = ({ name, written }: Spelling): boolean => name !== 'xn--zca.example' || !/ss/i.test(written);

describe('a host in any spelling', () => {
  const spelt = spellings.filter(sameName);

  test('finds only the bucket of that name, for any spelling in the configuration', () => {
    fc.assert(
      fc.property(fc.array(spelt, { minLength: 1, maxLength: 8 }), spelt, (configured, asked) => {
        const byName = new Map(configured.map(({ name, written }) => [name, written]));
        const named = [...byName].map(([name, written]) => bucketAt(name, [written]));
        const router = createRouter([...named, bucketAt('any')]);
        expect(isHost(asked.host)).toBe(true);
        expect(router(asked.host, '/').bucket?.name).toBe(byName.has(asked.name) ? asked.name : 'any');
      }),
      { numRuns: 3000 },
    );
  });

  test('has the same canonical form in requests and in configurations', () => {
    fc.assert(
      fc.property(spelt, ({ name, written, host }) => {
        expect(hostName(host)).toBe(name);
        expect(hostName(hostName(host))).toBe(name);
        expect(configuredName(written)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  'files.example..',
  'files%2eexample%2e.',
  'files.example%2e%2e',
  'files.example。.',
  '.files.example',
  '..files.example',
  'files..example',
  'files.example.x',
  'xfiles.example',
  'files-example',
  'files.example%00',
  'files.example%20',
  'files.example%2f',
  'files.example%3a80',
  'files.example%40x',
  'x%40files.example',
  'files.example%5c',
  'files.example%23',
  'files.example%zz',
  'files.example;a',
  "files.example'",
  'xn--files.example',
  '',
  '.',
  ':80',
])('the host "%s" is not files.example', (host) => {
  const router = createRouter([bucketAt('files', ['files.example']), bucketAt('any')]);
  expect(router(host, '/').bucket?.name).toBe('any');
});

test('a host made of parts of a name finds its bucket only if it is a spelling of the name', () => {
  const pieces = [
    'files',
    'example',
    'FILES',
    '.',
    '%2e',
    '%66',
    '-',
    '_',
    '%c2%ad',
    '0',
    '~',
    '!',
    '%',
    ':1',
  ];
  const router = createRouter([bucketAt('files', ['files.example']), bucketAt('any')]);
  const hosts = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((list) => list.join(''));
  fc.assert(
    fc.property(hosts.filter(isHost), (host) => {
      const decoded = host
        .replace(/:\d*$/, '')
        .replaceAll('%c2%ad', '')
        .replaceAll('%2e', '.')
        .replaceAll('%66', 'f')
        .toLowerCase();
      const same = decoded === 'files.example' || decoded === 'files.example.';
      expect(router(host, '/').bucket?.name).toBe(same ? 'files' : 'any');
    }),
    { numRuns: 5000 },
  );
});
