import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config/file.ts';
import type { Fault } from '../../src/document/fault.ts';

const FILE = 'edge.json';
const MEDIA = 'oss://media?region=cn-hangzhou';

const read = (content: unknown) =>
  readConfigFile(typeof content === 'string' ? content : JSON.stringify(content), FILE);

const faultsOf = (content: unknown): readonly Fault[] => {
  const found = read(content);
  return found.ok ? [] : found.faults;
};

/** A file with one bucket that has these fields. */
const one = (fields: Record<string, unknown>) => ({ buckets: { media: { bucket: MEDIA, ...fields } } });

type Row = readonly [name: string, content: unknown, place: string, reason: RegExp, write: RegExp];

const WRONG: readonly Row[] = [
  ['an empty file', '', `${FILE}: line 1, column 1`, /not JSON/, /JSON/],
  ['what is not JSON', '{"buckets": {', `${FILE}: line 1, column 14`, /not JSON/, /JSON/],
  ['JSON with a comment', '{} // all', `${FILE}: line 1, column 4`, /not JSON/, /no comment/],
  ['a list', [], FILE, /not an object/, /"buckets"/],
  ['null', 'null', FILE, /not an object/, /"buckets"/],
  ['a text', '"x"', FILE, /not an object/, /"buckets"/],
  ['no buckets at all', {}, `${FILE}: buckets`, /not an object with buckets/, /"bucket"/],
  [
    'an empty object of buckets',
    { buckets: {} },
    `${FILE}: buckets`,
    /not an object with buckets/,
    /"bucket"/,
  ],
  ['a list of buckets', { buckets: [one({})] }, `${FILE}: buckets`, /not an object with buckets/, /"bucket"/],
  [
    'a bucket that is a text',
    { buckets: { media: MEDIA } },
    `${FILE}: buckets.media`,
    /not an object/,
    /"bucket"/,
  ],
  [
    'a bucket that is null',
    { buckets: { media: null } },
    `${FILE}: buckets.media`,
    /not an object/,
    /"bucket"/,
  ],
  [
    'a bucket without its place',
    { buckets: { media: {} } },
    `${FILE}: buckets.media: bucket`,
    /missing/,
    /oss:\/\//,
  ],
  [
    'a name with a slash',
    { buckets: { 'a/b': { bucket: MEDIA } } },
    `${FILE}: buckets.a/b`,
    /name/,
    /letters/,
  ],
  ['an empty name', { buckets: { '': { bucket: MEDIA } } }, `${FILE}: buckets.`, /name/, /letters/],
  ['a misspelt key', { bukets: {}, ...one({}) }, `${FILE}: bukets`, /not an option/, /buckets/],
  [
    'a flag’s spelling',
    { 'log-level': 'warn', ...one({}) },
    `${FILE}: log-level`,
    /not an option/,
    /logLevel/,
  ],
  ['the file’s own name in it', { config: 'x.json', ...one({}) }, `${FILE}: config`, /not an option/, /port/],
  ['a bucket’s option outside', { vary: 'safe', ...one({}) }, `${FILE}: vary`, /not an option/, /port/],
  ['a process’s option inside', one({ port: 80 }), `${FILE}: buckets.media: port`, /not an option/, /prefix/],
  [
    'a misspelt key of a bucket',
    one({ host: 'a' }),
    `${FILE}: buckets.media: host`,
    /not an option/,
    /hosts/,
  ],
  ['a port that is a list', { port: [80], ...one({}) }, `${FILE}: port`, /is not a number or a text/, /80/],
  ['a port that is null', { port: null, ...one({}) }, `${FILE}: port`, /is not a number or a text/, /80/],
  [
    'a wrong word',
    one({ store: 'gcs' }),
    `${FILE}: buckets.media: store`,
    /not one of the allowed values/,
    /oss or s3/,
  ],
  ['rules as an object', one({ rules: {} }), `${FILE}: buckets.media: rules`, /not a text/, /cors\.xml/],
  [
    'a faulty place',
    one({ bucket: 'oss://m' }),
    `${FILE}: buckets.media: bucket`,
    /name that is too short/,
    /oss:\/\//,
  ],
  ['a place that is null', one({ bucket: null }), `${FILE}: buckets.media: bucket`, /not a text/, /oss:\/\//],
  [
    'keys themselves',
    one({ credentials: 'LTAI:geheim' }),
    `${FILE}: buckets.media: credentials`,
    /not name a place/,
    /env:/,
  ],
  [
    'V1 for s3',
    one({ bucket: 's3://media?region=us-east-1', signature: 'v1' }),
    `${FILE}: buckets.media: signature`,
    /not available for store s3/,
    /v4/,
  ],
  [
    'a Host of the client’s choice',
    one({ keepHost: true }),
    `${FILE}: buckets.media: keepHost`,
    /any other bucket/,
    /"hosts"/,
  ],
  ['two stores', one({ store: 's3' }), `${FILE}: buckets.media: store`, /contradicts/, /oss/],
  [
    'a host with a port',
    one({ hosts: ['a.example:80'] }),
    `${FILE}: buckets.media: hosts`,
    /host name/,
    /without a port/,
  ],
  [
    'a host with a scheme',
    one({ hosts: ['https://a'] }),
    `${FILE}: buckets.media: hosts`,
    /host name/,
    /files\.example/,
  ],
  ['an empty host', one({ hosts: [''] }), `${FILE}: buckets.media: hosts`, /host name/, /files\.example/],
  ['no hosts', one({ hosts: [] }), `${FILE}: buckets.media: hosts`, /host name/, /files\.example/],
  [
    'a wildcard',
    one({ hosts: ['*.example'] }),
    `${FILE}: buckets.media: hosts`,
    /host name/,
    /files\.example/,
  ],
  [
    'hosts that are null',
    one({ hosts: null }),
    `${FILE}: buckets.media: hosts`,
    /host name/,
    /files\.example/,
  ],
  [
    'a host that is a number',
    one({ hosts: [1] }),
    `${FILE}: buckets.media: hosts`,
    /host name/,
    /files\.example/,
  ],
  [
    'one host twice, in two spellings',
    one({ hosts: ['a.example', 'A.example.'] }),
    `${FILE}: buckets.media: hosts`,
    /twice/,
    /once/,
  ],
  ...['a..', '.', '.a', 'a%2fb', 'user@a', 'a/b', 'a b', '[::1]:80', '[a]', 'a,b'].map(
    (host): Row => [
      `the host "${host}"`,
      one({ hosts: [host] }),
      `${FILE}: buckets.media: hosts`,
      /not a host name/,
      /files\.example/,
    ],
  ),
  [
    'two buckets at one host, in two spellings',
    {
      buckets: {
        a: { bucket: './a', hosts: ['xn--bcher-kva.example'] },
        b: { bucket: './b', hosts: ['BÜCHER.example.'] },
      },
    },
    `${FILE}: buckets.b`,
    /already served by a/,
    /other hosts/,
  ],
  ...['media', '/', '/media/', '//media', '/a//b', '/a?b', '/a#b', '', '/a/../b', '/a/./b', '/%2e%2e/b'].map(
    (prefix): Row => [
      `the prefix "${prefix}"`,
      one({ prefix }),
      `${FILE}: buckets.media: prefix`,
      /not a path prefix/,
      /\/media/,
    ],
  ),
  [
    'a prefix that is a list',
    one({ prefix: ['/a'] }),
    `${FILE}: buckets.media: prefix`,
    /not a path prefix/,
    /\/media/,
  ],
  [
    'preload as a text',
    one({ preload: 'true' }),
    `${FILE}: buckets.media: preload`,
    /not a boolean/,
    /true or false/,
  ],
  [
    'keepPrefix as null',
    one({ keepPrefix: null }),
    `${FILE}: buckets.media: keepPrefix`,
    /not a boolean/,
    /true or false/,
  ],
  [
    'two buckets for every host',
    { buckets: { media: { bucket: MEDIA }, other: { bucket: MEDIA } } },
    `${FILE}: buckets.other`,
    /already served by media/,
    /other hosts, or another prefix/,
  ],
  [
    'two buckets for one host',
    { buckets: { media: { bucket: MEDIA, hosts: ['a', 'b'] }, other: { bucket: MEDIA, hosts: ['c', 'B'] } } },
    `${FILE}: buckets.other`,
    /already served by media/,
    /other hosts/,
  ],
  [
    'two buckets under one prefix',
    { buckets: { media: { bucket: MEDIA, prefix: '/m' }, other: { bucket: MEDIA, prefix: '/m' } } },
    `${FILE}: buckets.other`,
    /already served by media/,
    /another prefix/,
  ],
];

describe('a fault of a configuration file has its place, reason and what to write', () => {
  test.each(WRONG)('for %s', (_, content, place, reason, write) => {
    const faults = faultsOf(content);
    expect(faults).toEqual([expect.objectContaining({ place })]);
    expect(faults[0]?.reason).toMatch(reason);
    expect(faults[0]?.write).toMatch(write);
  });
});

test('all faults are reported at once, with several of one bucket among them', () => {
  const faults = faultsOf({
    prot: 80,
    port: {},
    buckets: {
      media: { bucket: MEDIA, store: 'gcs', varry: 'safe' },
      files: { hosts: ['http://a'], prefix: 'b', preload: 1 },
      'a b': { bucket: 'ftp://a' },
      one: { bucket: MEDIA, hosts: ['c'] },
      two: { bucket: MEDIA, hosts: ['c'] },
      none: 'x',
    },
  });
  expect(faults.map(({ place }) => place.slice(FILE.length + 2)).sort()).toEqual(
    [
      'prot',
      'port',
      'buckets.media: store',
      'buckets.media: varry',
      'buckets.files: bucket',
      'buckets.files: hosts',
      'buckets.files: prefix',
      'buckets.files: preload',
      'buckets.a b',
      'buckets.a b: bucket',
      'buckets.two',
      'buckets.none',
    ].sort(),
  );
});

test.each([
  ['the password of Redis, where the file is not JSON', '{"redis": "redis://:geheim@h"; "buckets": {}}'],
  ['the password of Redis, right before the fault', '{"redis": "redis://:geheim\u0001@h"}'],
  ['a bucket’s URL with a password', one({ bucket: 'https://ak:geheim@h' })],
  ['a bucket’s signed URL', one({ bucket: 'https://h/?Signature=geheim' })],
  ['keys where their place belongs', one({ credentials: 'geheim' })],
  ['a key’s own option', one({ accessKeySecret: 'geheim' })],
  ['rules from a URL with a password', one({ rules: 'https://u:geheim@h/r.xml' })],
])('no fault shows %s', (_, content) => {
  const faults = faultsOf(content);
  expect(faults).not.toEqual([]);
  expect(JSON.stringify(faults)).not.toContain('geheim');
});
