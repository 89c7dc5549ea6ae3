import { describe, expect, test } from 'vitest';
import { OPTIONS, type OptionName } from '../../src/config/options.ts';
import { type GivenOptions, readConfig } from '../../src/config/read.ts';
import type { Fault } from '../../src/document/fault.ts';

const NAMES = Object.keys(OPTIONS) as OptionName[];

const flag = (name: OptionName, text: string): GivenOptions => ({
  [name]: { place: `--${OPTIONS[name].flag}`, text },
});

function faultsOf(...given: GivenOptions[]): readonly Fault[] {
  const read = readConfig(Object.assign({}, ...given));
  return read.ok ? [] : read.faults;
}

const PORTS = ['65536', '-1', '80.5', '0x50', 'http', '', ' 80', '8e1', '100000'];
const TIMES = ['x', '', '-1', '1.5s', '5 m', '5M', '1w', '10ms', 's', '1e3', ' 5s', '0x5', '1h30m'];

const WRONG: readonly (readonly [OptionName, string, RegExp, RegExp])[] = [
  ['bucket', '', /./, /./],
  ['bucket', 'ftp://b.example', /speaks ftp: and not HTTP/, /a URL such as https:/],
  ['bucket', 'https://', /is not a URL/, /a URL such as https:/],
  ['bucket', 'https://b.example:99999', /is not a URL/, /a URL such as https:/],
  ['bucket', 'https://b.example/#f', /query or a fragment/, /up to the \? or #/],
  ['bucket', 'https://b.example/?cors', /query or a fragment/, /up to the \? or #/],
  ['store', 'gcs', /none of the words/, /oss or s3/],
  ['store', 'OSS', /none of the words/, /oss or s3/],
  ['bucketName', 'a b', /not the name/, /my-bucket/],
  ['region', 'CN Hangzhou', /not a region/, /cn-hangzhou/],
  ['signature', 'v2', /none of the words/, /v4 or v1/],
  ['config', ' ', /empty/, /a path/],
  ['stateDir', ' ', /empty/, /a path/],
  ['vary', 'none', /none of the words/, /safe or store/],
  ['host', 'http://x', /not an address/, /127\.0\.0\.1/],
  ['host', '[::1]', /not an address/, /::1/],
  ['host', 'a b', /not an address/, /127\.0\.0\.1/],
  ['host', '', /not an address/, /127\.0\.0\.1/],
  ...['http://a', 'a:80', 'a,,b', 'a b', '*', '[::1', ''].map(
    (text) => ['ownHosts', text, /no list of host names/, /edge\.example\.com,edge\.lan/] as const,
  ),
  ['socket', ' ', /empty/, /a path/],
  ['socket', `/${'ä'.repeat(52)}`, /too long/, /at most 103 bytes/],
  ['tlsCert', ' ', /empty/, /a path/],
  ['tlsKey', ' ', /empty/, /a path/],
  ['adminHost', '*', /not an address/, /127\.0\.0\.1/],
  ...PORTS.map((text) => ['port', text, /is not a port/, /0 to 65535/] as const),
  ['adminPort', 'x', /is not a port/, /0 to 65535/],
  ['demoPort', '70000', /is not a port/, /0 to 65535/],
  ...TIMES.map((text) => ['maxStale', text, /is not a time/, /s, m, h or d/] as const),
  ['rulesTtl', '0', /is not a time/, /from 1s to 7d/],
  ['rulesTtl', 'soon', /is not a time/, /from 1s to 7d/],
  ['drain', 'never', /is not a time/, /from 0 to 1h/],
  ...['0', '257', '-1', '1.5', 'all', '', '1e2'].map(
    (text) => ['workers', text, /no number of workers/, /1 to 256, or auto/] as const,
  ),
  ['connections', '0', /no number/, /from 1 to 100000/],
  ['connections', '1e3', /no number/, /from 1 to 100000/],
  ['queue', '-1', /no number/, /from 0 to 100000/],
  ['clientConnections', '0', /no number/, /from 1 to 1000000, or auto/],
  ['clientConnections', 'all', /no number/, /from 1 to 1000000, or auto/],
  ['clientShare', '101', /no number/, /from 0 to 100/],
  ['clientShare', '25%', /no number/, /from 0 to 100/],
  ['leastRate', '4k', /no number/, /from 0 to 1000000000/],
  ['idleTimeout', '0', /not a time/, /from 1s to 1h/],
  ['idleTimeout', '500ms', /not a time/, /from 1s to 1h/],
  ['maxUrl', '255', /no number/, /from 256 to 65536/],
  ['maxHeaders', '131073', /no number/, /from 1024 to 131072/],
  ['bucketConnectTimeout', '11m', /not a time/, /from 1s to 10m/],
  ['bucketHeadTimeout', '0', /not a time/, /from 1s to 1d/],
  ['keepHost', 'yes', /none of the words/, /true or false/],
  ['trustForwarded', '10.0.0.1', /none of the words/, /true or false/],
  ['forwarded', 'host', /none of the words/, /all or for or none/],
  ['dangerouslyPassProxyCommands', 'nginx', /none of the words/, /true or false/],
  ['dangerouslyAllowCredentials', 'yes', /none of the words/, /true or false/],
  ['dangerouslyOpenBucket', 'yes', /none of the words/, /true or false/],
  ['debugReason', '1', /none of the words/, /true or false/],
  ['logLevel', 'trace', /none of the words/, /debug or info or warn or error or silent/],
];

describe('a wrong value is told with its place, itself, why, and what to write', () => {
  test.each(WRONG)('%s %j', (name, text, reason, write) => {
    expect(faultsOf(flag(name, text))).toEqual([
      {
        place: `--${OPTIONS[name].flag}`,
        // A query may carry a signature: it is not told.
        value: text.replace(/\?.*/, '?…'),
        reason: expect.stringMatching(reason),
        write: expect.stringMatching(write),
      },
    ]);
  });

  test('by the name of the variable where that was given', () => {
    expect(faultsOf({ port: { place: 'PORT', text: 'x' } })).toMatchObject([{ place: 'PORT', value: 'x' }]);
  });

  test('all at once, in the order of the options', () => {
    const wrong = ['bucket', 'store', 'vary', 'host', 'port', 'rulesTtl', 'debugReason', 'logLevel'] as const;
    const faults = faultsOf(...wrong.map((name) => flag(name, name === 'bucket' ? 'ftp://b' : 'no good!')));
    expect(faults.map(({ place }) => place)).toEqual(wrong.map((name) => `--${OPTIONS[name].flag}`));
  });

  test('each option can be refused, but for those that take any path', () => {
    const refused = new Set(WRONG.map(([name]) => name));
    expect(NAMES.filter((name) => !refused.has(name))).toEqual([
      'rules',
      'rulesToken',
      'credentials',
      'redis',
    ]);
  });

  test.each(['hush', 'env:', 'file:'])('a token %s, without telling it', (text) => {
    const faults = faultsOf(flag('rulesToken', text));
    expect(faults).toMatchObject([{ place: '--rules-token', write: expect.stringContaining('env:NAME') }]);
    expect(faults[0]).not.toHaveProperty('value');
  });

  test('a token for rules that are not at a URL', () => {
    expect(faultsOf(flag('rulesToken', 'env:T'))).toMatchObject([
      { place: '--rules-token', reason: expect.stringContaining('URL') },
    ]);
  });

  test.each(['http://h', 'rediss:/user:hush', 'hush'])('redis %s, without telling it', (text) => {
    const faults = faultsOf(flag('redis', text));
    expect(faults).toMatchObject([{ place: '--redis', write: expect.stringContaining('redis://') }]);
    expect(faults[0]).not.toHaveProperty('value');
  });

  test.each(['AKIDEXAMPLE:hush', 'env:media', 'file:', 'keys'])(
    'credentials %s, without telling it',
    (text) => {
      const faults = faultsOf(flag('credentials', text));
      expect(faults).toMatchObject([
        { place: '--credentials', write: expect.stringContaining('env:PREFIX') },
      ]);
      expect(faults[0]).not.toHaveProperty('value');
    },
  );

  test.each(['ftp://h/r.xml', 'https://', 's3://b/r.xml'])('rules %s', (text) => {
    expect(faultsOf(flag('rules', text))).toMatchObject([
      { place: '--rules', reason: 'is not an HTTP URL', write: expect.stringContaining('a file') },
    ]);
  });
});

test('a certificate without its key, or a key without its certificate', () => {
  expect(faultsOf(flag('tlsCert', 'c.pem'))).toEqual([
    { place: '--tls-key', reason: 'is missing beside --tls-cert', write: 'the path of its key in PEM' },
  ]);
  expect(faultsOf({ tlsKey: { place: 'TLS_KEY', text: 'k.pem' } })).toEqual([
    { place: '--tls-cert', reason: 'is missing beside TLS_KEY', write: 'the path of the certificate in PEM' },
  ]);
});

test('an address or a port beside a Unix socket', () => {
  const faults = faultsOf(
    flag('socket', 'e.sock'),
    { port: { place: 'PORT', text: '80' } },
    flag('host', '::1'),
  );
  expect(faults.map(({ place, write }) => [place, write])).toEqual([
    ['--host', 'nothing, or leave --socket out'],
    ['PORT', 'nothing, or leave --socket out'],
  ]);
});

test('a Unix socket leaves the port to admin', () => {
  expect(faultsOf(flag('socket', 'e.sock'), flag('adminPort', '8080'))).toEqual([]);
});

describe('times', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['1', 1000],
    ['90', 90_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['7d', 604_800_000],
    ['007s', 7000],
  ])('%s', (text, milliseconds) => {
    const read = readConfig(flag('maxStale', text));
    expect(read.ok && read.value.maxStale).toBe(milliseconds);
  });

  /** Timers take at most 2^31-1 milliseconds and make 1 of anything longer. */
  test.each(['rulesTtl', 'drain'] as const)(
    '%s: one longer than a timer can be is no timer of a millisecond',
    (name) => {
      const read = readConfig(flag(name, '30d'));
      if (!read.ok) expect(read.faults).toMatchObject([{ place: `--${OPTIONS[name].flag}`, value: '30d' }]);
      else expect(read.value[name]).toBeLessThan(2 ** 31);
    },
  );
});

describe('secrets stay out of what is told', () => {
  const SECRET = 'hush-7f3a';
  test.each([
    ['bucket', `https://user:${SECRET}@b.example`],
    ['bucket', `https://${SECRET}@b.example`],
    ['bucket', `https://user:${SECRET}@b.example/?cors`],
    ['bucket', `https://user:${SECRET}@b.example:99999`],
    ['bucket', `ftp://user:${SECRET}@b.example`],
    ['bucket', `https://b.example/?OSSAccessKeyId=x&Signature=${SECRET}`],
    ['rules', `ftp://user:${SECRET}@h/r.xml`],
    ['rules', `sftp://h/r.xml?token=${SECRET}`],
  ] as [OptionName, string][])('%s %s', (name, text) => {
    const faults = faultsOf(flag(name, text));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.place).toBe(`--${name}`);
    expect(JSON.stringify(faults)).not.toContain(SECRET);
  });
});

describe('values that contradict each other', () => {
  test('the same port for edge and admin', () => {
    expect(faultsOf(flag('port', '9000'), flag('adminPort', '9000'))).toMatchObject([
      { place: '--admin-port', value: '9000', reason: 'is the port of the edge itself' },
    ]);
  });

  test.each([
    ['localhost', 'LOCALHOST.'],
    ['::1', '0:0::1'],
    ['127.0.0.1', '127.1'],
  ])('the same port for the edge at %s and for admin at %s', (host, adminHost) => {
    const ports = [flag('port', '9000'), flag('adminPort', '9000')];
    expect(faultsOf(...ports, flag('host', host), flag('adminHost', adminHost))).toMatchObject([
      { place: '--admin-port', value: '9000', reason: 'is the port of the edge itself' },
    ]);
  });

  test('the edge on admin’s default port is told by what was given', () => {
    expect(faultsOf({ port: { place: 'PORT', text: '8081' } })).toMatchObject([{ value: '8081' }]);
  });

  test.each([
    ['both 0: any free ports', [flag('port', '0'), flag('adminPort', '0')]],
    [
      'the same port on two addresses',
      [flag('port', '9000'), flag('adminPort', '9000'), flag('adminHost', '10.0.0.5')],
    ],
    [
      'the same port on two addresses of IPv6',
      [flag('port', '9000'), flag('adminPort', '9000'), flag('host', '::1'), flag('adminHost', '::2')],
    ],
  ])('not: %s', (_, given) => {
    expect(faultsOf(...given)).toEqual([]);
  });

  test('credentials by an option where the store allows them itself', () => {
    const credentials = flag('dangerouslyAllowCredentials', 'true');
    expect(faultsOf(flag('store', 's3'), credentials)).toMatchObject([
      { place: '--dangerously-allow-credentials', reason: expect.stringContaining('store s3') },
    ]);
    expect(faultsOf(flag('store', 'oss'), credentials)).toEqual([]);
  });

  test('are told beside the others', () => {
    const faults = faultsOf(flag('port', '9000'), flag('adminPort', '9000'), flag('store', 'gcs'));
    expect(faults.map(({ place }) => place)).toEqual(['--store', '--admin-port']);
  });
});
