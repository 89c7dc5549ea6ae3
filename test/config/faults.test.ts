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

const PORTS = ['65536', '-1', '80.5', '0x50', 'http', '', '8e1', '100000'];
const TIMES = ['x', '', '-1', '1.5s', '5 m', '5M', '1w', '10ms', 's', '1e3', '0x5', '1h30m'];

const WRONG: readonly (readonly [OptionName, string, RegExp, RegExp])[] = [
  ['bucket', '', /./, /./],
  ['bucket', 'ftp://b.example', /has the scheme ftp: instead of/, /a URL such as https:/],
  ['bucket', 'https://', /is not a URL/, /a URL such as https:/],
  ['bucket', 'https://b.example:99999', /is not a URL/, /a URL such as https:/],
  ['bucket', 'https://b.example/#f', /query or a fragment/, /up to the \? or #/],
  ['bucket', 'https://b.example/?cors', /query or a fragment/, /up to the \? or #/],
  ['storeUrl', 'ftp://h', /has the scheme ftp:/, /oss-cn-hangzhou/],
  ['storeUrl', '127.0.0.1:9000', /has no scheme/, /http:\/\/127/],
  ['store', 'gcs', /not one of the allowed values/, /oss or s3/],
  ['store', 'OSS', /not one of the allowed values/, /oss or s3/],
  ['bucketName', 'a b', /not the name/, /my-bucket/],
  ['bucketName', 'ab', /not the name/, /^3 to 63 letters, digits, dots and hyphens/],
  ['region', 'CN Hangzhou', /not a region/, /cn-hangzhou/],
  ['management', 'kept', /not one of the allowed values/, /pass or keep or off/],
  ['objects', 'signed', /not one of the allowed values/, /pass or sign or resign/],
  ['signPrefix', '/public/', /not the beginning of a key/, /public/],
  ['signature', 'v2', /not one of the allowed values/, /v4 or v1/],
  ['config', ' ', /empty/, /a path/],
  ['stateDir', ' ', /empty/, /a path/],
  ['vary', 'none', /not one of the allowed values/, /safe or store/],
  ['host', 'http://x', /not an address/, /127\.0\.0\.1/],
  ['host', '[::1]', /not an address/, /::1/],
  ['host', 'a b', /not an address/, /127\.0\.0\.1/],
  ['host', '', /not an address/, /127\.0\.0\.1/],
  ...['http://a', 'a:80', 'a,,b', 'a b', '*', '[::1', ''].map(
    (text) => ['ownHosts', text, /not a list of host names/, /edge\.example\.com,edge\.lan/] as const,
  ),
  ['socket', ' ', /empty/, /a path/],
  ['socket', `/${'ä'.repeat(52)}`, /too long/, /at most 103 bytes/],
  ['tlsCert', ' ', /empty/, /a path/],
  ['tlsKey', ' ', /empty/, /a path/],
  ['dangerouslyOpenAdmin', 'yes', /./, /true/],
  ['shutdownDelay', 'soon', /is not a time/, /from 0 to 1h/],
  ['logRequests', 'some', /not one of the allowed values/, /all or refused or errors or none/],
  ['logFormat', 'text', /not one of the allowed values/, /json or pretty/],
  ['adminHost', '*', /not an address/, /127\.0\.0\.1/],
  ...PORTS.map((text) => ['port', text, /is not a port/, /0 to 65535/] as const),
  ['adminPort', 'x', /is not a port/, /0 to 65535/],
  ['demoPort', '70000', /is not a port/, /0 to 65535/],
  ...TIMES.map((text) => ['maxStale', text, /is not a time/, /s, m, h or d/] as const),
  ['rulesTtl', '0', /is not a time/, /from 1s to 7d/],
  ['rulesTtl', 'soon', /is not a time/, /from 1s to 7d/],
  ['drain', 'never', /is not a time/, /from 0 to 1h/],
  ...['0', '257', '-1', '1.5', 'all', '', '1e2'].map(
    (text) => ['workers', text, /not a number of workers/, /1 to 256, or auto/] as const,
  ),
  ['transport', 'fetch', /not one of the allowed values/, /own or undici/],
  ['connections', '0', /not a number in range/, /from 1 to 100000/],
  ['connections', '1e3', /not a number in range/, /from 1 to 100000/],
  ['queue', '-1', /not a number in range/, /from 0 to 100000/],
  ['clientConnections', '0', /not a number in range/, /from 1 to 1000000, or auto/],
  ['clientConnections', 'all', /not a number in range/, /from 1 to 1000000, or auto/],
  ['clientShare', '101', /not a number in range/, /from 0 to 100/],
  ['clientShare', '25%', /not a number in range/, /from 0 to 100/],
  ['leastRate', '4k', /not a number in range/, /from 0 to 1000000000/],
  ['idleTimeout', '0', /not a time/, /from 1s to 1h/],
  ['idleTimeout', '500ms', /not a time/, /from 1s to 1h/],
  ['maxUrl', '255', /not a number in range/, /from 256 to 65536/],
  ['maxHeaders', '131073', /not a number in range/, /from 1024 to 131072/],
  ['bucketConnectTimeout', '11m', /not a time/, /from 1s to 10m/],
  ['bucketHeadTimeout', '0', /not a time/, /from 1s to 1d/],
  ['keepHost', 'yes', /not one of the allowed values/, /true or false/],
  ['trustForwarded', '10.0.0.1', /not one of the allowed values/, /true or false/],
  ['forwarded', 'host', /not one of the allowed values/, /all or for or none/],
  ['dangerouslyPassProxyCommands', 'nginx', /not one of the allowed values/, /true or false/],
  ['dangerouslyAllowCredentials', 'yes', /not one of the allowed values/, /true or false/],
  ['dangerouslyOpenBucket', 'yes', /not one of the allowed values/, /true or false/],
  ['debugReason', '1', /not one of the allowed values/, /true or false/],
  ['logLevel', 'trace', /not one of the allowed values/, /debug or info or warn or error or silent/],
];

describe('a fault of an option has its place, value, reason and what to write', () => {
  test.each(WRONG)('for %s with the value %j', (name, text, reason, write) => {
    expect(faultsOf(flag(name, text))).toEqual([
      {
        place: `--${OPTIONS[name].flag}`,
        // A query may contain a signature, so it is not shown.
        value: text.replace(/\?.*/, '?…'),
        reason: expect.stringMatching(reason),
        write: expect.stringMatching(write),
      },
    ]);
  });

  test('names the variable if the value came from one', () => {
    expect(faultsOf({ port: { place: 'PORT', text: 'x' } })).toMatchObject([{ place: 'PORT', value: 'x' }]);
  });

  test('is reported with all others at once, in the order of the options', () => {
    const wrong = ['bucket', 'store', 'vary', 'host', 'port', 'rulesTtl', 'debugReason', 'logLevel'] as const;
    const faults = faultsOf(...wrong.map((name) => flag(name, name === 'bucket' ? 'ftp://b' : 'no good!')));
    expect(faults.map(({ place }) => place)).toEqual(wrong.map((name) => `--${OPTIONS[name].flag}`));
  });

  test('exists for each option, except those that take any path', () => {
    const refused = new Set(WRONG.map(([name]) => name));
    expect(NAMES.filter((name) => !refused.has(name))).toEqual([
      'rules',
      'rulesToken',
      'credentials',
      'clientKeys',
      'bucketKeys',
      'adminToken',
      'adminMetricsToken',
      'redis',
    ]);
  });

  test.each(['hush', 'env:', 'file:'])('for the token %s does not show it', (text) => {
    const faults = faultsOf(flag('rulesToken', text));
    expect(faults).toMatchObject([{ place: '--rules-token', write: expect.stringContaining('env:NAME') }]);
    expect(faults[0]).not.toHaveProperty('value');
  });

  test('for a token with rules that are not at a URL', () => {
    expect(faultsOf(flag('rulesToken', 'env:T'))).toMatchObject([
      { place: '--rules-token', reason: expect.stringContaining('URL') },
    ]);
  });

  test.each<[string, readonly GivenOptions[], OptionName]>([
    [
      'management keep beside rules from elsewhere',
      [flag('management', 'keep'), flag('rules', './r.xml')],
      'management',
    ],
    ['keys of clients where no signature is checked', [flag('clientKeys', 'env:A')], 'clientKeys'],
    [
      'keys of clients beside signed reads',
      [flag('clientKeys', 'env:A'), flag('objects', 'sign')],
      'clientKeys',
    ],
    [
      'keys of a folder for a bucket with an address',
      [flag('bucket', 'https://a.example'), flag('bucketKeys', 'file:k')],
      'bucketKeys',
    ],
    [
      'an open folder with keys',
      [flag('bucket', './a'), flag('bucketKeys', 'file:k'), flag('dangerouslyOpenBucket', 'true')],
      'dangerouslyOpenBucket',
    ],
    ['a prefix for signing where nothing is signed', [flag('signPrefix', 'a/')], 'signPrefix'],
    [
      'a prefix beside requests signed again',
      [flag('signPrefix', 'a/'), flag('objects', 'resign')],
      'signPrefix',
    ],
  ])('for %s', (_, given, name) => {
    expect(faultsOf(...given)).toMatchObject([{ place: `--${OPTIONS[name].flag}` }]);
  });

  test.each(['http://h', 'rediss:/user:hush', 'hush'])('for the Redis URL %s does not show it', (text) => {
    const faults = faultsOf(flag('redis', text));
    expect(faults).toMatchObject([{ place: '--redis', write: expect.stringContaining('redis://') }]);
    expect(faults[0]).not.toHaveProperty('value');
  });

  test.each(['AKIDEXAMPLE:hush', 'env:media', 'file:', 'keys'])(
    'for the credentials %s does not show them',
    (text) => {
      const faults = faultsOf(flag('credentials', text));
      expect(faults).toMatchObject([
        { place: '--credentials', write: expect.stringContaining('env:PREFIX') },
      ]);
      expect(faults[0]).not.toHaveProperty('value');
    },
  );

  test.each(['ftp://h/r.xml', 'https://', 's3://b/r.xml'])('for rules at %s', (text) => {
    expect(faultsOf(flag('rules', text))).toMatchObject([
      { place: '--rules', reason: 'is not an HTTP URL', write: expect.stringContaining('a file') },
    ]);
  });
});

test('a certificate without its key is a fault, and a key without its certificate', () => {
  expect(faultsOf(flag('tlsCert', 'c.pem'))).toEqual([
    { place: '--tls-key', reason: 'is missing beside --tls-cert', write: 'the path of its key in PEM' },
  ]);
  expect(faultsOf({ tlsKey: { place: 'TLS_KEY', text: 'k.pem' } })).toEqual([
    { place: '--tls-cert', reason: 'is missing beside TLS_KEY', write: 'the path of the certificate in PEM' },
  ]);
});

test('an address or a port beside a Unix socket is a fault', () => {
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

test('with a Unix socket the admin port may be the default port of the edge', () => {
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
  ])('are read from %s', (text, milliseconds) => {
    const read = readConfig(flag('maxStale', text));
    expect(read.ok && read.value.maxStale).toBe(milliseconds);
  });

  /** Timers take at most 2^31-1 milliseconds and make 1 of anything longer. */
  test.each(['rulesTtl', 'drain'] as const)(
    '%s: a time beyond the range of a timer does not become 1 ms',
    (name) => {
      const read = readConfig(flag(name, '30d'));
      if (!read.ok) expect(read.faults).toMatchObject([{ place: `--${OPTIONS[name].flag}`, value: '30d' }]);
      else expect(read.value[name]).toBeLessThan(2 ** 31);
    },
  );
});

describe('a fault does not show a secret', () => {
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
  ] as [OptionName, string][])('in %s %s', (name, text) => {
    const faults = faultsOf(flag(name, text));
    expect(faults).toHaveLength(1);
    expect(faults[0]?.place).toBe(`--${name}`);
    expect(JSON.stringify(faults)).not.toContain(SECRET);
  });
});

describe('values that contradict each other', () => {
  test('the same port for edge and admin is a fault', () => {
    expect(faultsOf(flag('port', '9000'), flag('adminPort', '9000'))).toMatchObject([
      { place: '--admin-port', value: '9000', reason: 'is also the port of the edge' },
    ]);
  });

  test.each([
    ['localhost', 'LOCALHOST.'],
    ['::1', '0:0::1'],
    ['127.0.0.1', '127.1'],
  ])('the same port is a fault for the edge at %s and admin at %s', (host, adminHost) => {
    const ports = [flag('port', '9000'), flag('adminPort', '9000')];
    expect(faultsOf(...ports, flag('host', host), flag('adminHost', adminHost))).toMatchObject([
      { place: '--admin-port', value: '9000', reason: 'is also the port of the edge' },
    ]);
  });

  test('a given edge port equal to the default admin port is a fault that shows the port', () => {
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
  ])('are not found for %s', (_, given) => {
    expect(faultsOf(...given)).toEqual([]);
  });

  test('dangerouslyAllowCredentials is a fault with a store that allows credentials itself', () => {
    const credentials = flag('dangerouslyAllowCredentials', 'true');
    expect(faultsOf(flag('store', 's3'), credentials)).toMatchObject([
      { place: '--dangerously-allow-credentials', reason: expect.stringContaining('store s3') },
    ]);
    expect(faultsOf(flag('store', 'oss'), credentials)).toEqual([]);
  });

  test('dangerouslyOpenAdmin is a fault beside a token', () => {
    const open = flag('dangerouslyOpenAdmin', 'true');
    expect(faultsOf(open, flag('adminToken', 'env:T'))).toMatchObject([
      { place: '--dangerously-open-admin', reason: expect.stringContaining('--admin-token') },
    ]);
    expect(faultsOf(open, flag('adminMetricsToken', 'env:T'))).toEqual([]);
  });

  test('are reported together with other faults', () => {
    const faults = faultsOf(flag('port', '9000'), flag('adminPort', '9000'), flag('store', 'gcs'));
    expect(faults.map(({ place }) => place)).toEqual(['--store', '--admin-port']);
  });
});
