import { describe, expect, test } from 'vitest';
import { givenBy } from '../../src/cli/flags.ts';
import { readArguments } from '../../src/cli/parse.ts';
import { serve } from '../../src/cli/serve.ts';
import { OPTIONS, type OptionName } from '../../src/config/options.ts';
import { type Config, readConfig } from '../../src/config/read.ts';
import { fromVariables } from '../../src/config/variables.ts';

const NAMES = Object.keys(OPTIONS) as OptionName[];

/** Configures as the command line does: flags, then variables, then defaults. */
function configuredBy(args: string[], env: Record<string, string> = {}): Config {
  const flags = readArguments(serve, args);
  expect(flags.faults).toEqual([]);
  const read = readConfig({ ...fromVariables(env), ...givenBy(flags) });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

const DEFAULTS: Config = {
  bucket: null,
  storeUrl: null,
  rules: { kind: 'bucket' },
  store: 'oss',
  vary: 'safe',
  rulesToken: null,
  bucketName: null,
  region: null,
  signature: 'v4',
  credentials: { kind: 'environment', prefix: null },
  clientKeys: null,
  bucketKeys: null,
  management: null,
  objects: 'pass',
  signPrefix: null,
  config: null,
  stateDir: null,
  redis: null,
  host: '127.0.0.1',
  port: 8080,
  ownHosts: null,
  socket: null,
  tlsCert: null,
  tlsKey: null,
  adminHost: '127.0.0.1',
  adminPort: 8081,
  adminToken: null,
  adminMetricsToken: null,
  dangerouslyOpenAdmin: false,
  demoPort: 8082,
  rulesTtl: 60_000,
  maxStale: 604_800_000,
  workers: 1,
  transport: 'own',
  connections: 256,
  queue: 512,
  clientConnections: 'auto',
  clientShare: 25,
  leastRate: 4096,
  idleTimeout: 60_000,
  maxUrl: 8192,
  maxHeaders: 16_384,
  bucketConnectTimeout: 5_000,
  bucketHeadTimeout: 60_000,
  shutdownDelay: 0,
  drain: 10_000,
  keepHost: false,
  trustForwarded: false,
  forwarded: 'all',
  dangerouslyPassProxyCommands: false,
  dangerouslyAllowCredentials: false,
  dangerouslyOpenBucket: false,
  debugReason: false,
  logLevel: 'info',
  logRequests: 'all',
  logFormat: null,
};

test('without flags and variables everything has its default', () => {
  expect(configuredBy([])).toEqual(DEFAULTS);
});

/** Two values for each option: what one writes, and what comes of it. */
const VALUES: Readonly<Record<OptionName, readonly [string, unknown, string, unknown]>> = {
  bucket: [
    'https://b.example:9000/media/',
    { kind: 'http', address: { base: 'https://b.example:9000', host: 'b.example:9000', path: '/media' } },
    './folder',
    { kind: 'folder', path: './folder' },
  ],
  storeUrl: [
    'https://oss-accelerate.aliyuncs.com',
    {
      kind: 'http',
      address: {
        base: 'https://oss-accelerate.aliyuncs.com',
        host: 'oss-accelerate.aliyuncs.com',
        path: '',
      },
      store: 'oss',
    },
    'https://oss-cn-hangzhou.aliyuncs.com',
    {
      kind: 'http',
      address: {
        base: 'https://oss-cn-hangzhou.aliyuncs.com',
        host: 'oss-cn-hangzhou.aliyuncs.com',
        path: '',
      },
      store: 'oss',
      region: 'cn-hangzhou',
    },
  ],
  rules: ['./r.xml', { kind: 'file', path: './r.xml' }, 'https://h/r', { kind: 'url', url: 'https://h/r' }],
  store: ['s3', 's3', 'oss', 'oss'],
  vary: ['store', 'store', 'safe', 'safe'],
  rulesToken: ['env:T', { kind: 'environment', name: 'T' }, 'file:./t', { kind: 'file', path: './t' }],
  bucketName: ['media', 'media', 'a.b-c', 'a.b-c'],
  region: ['cn-hangzhou', 'cn-hangzhou', 'us-east-1', 'us-east-1'],
  signature: ['v1', 'v1', 'v4', 'v4'],
  credentials: [
    'env:MEDIA',
    { kind: 'environment', prefix: 'MEDIA' },
    'file:/run/keys',
    { kind: 'file', path: '/run/keys' },
  ],
  clientKeys: [
    'env:A, file:/k',
    [
      { kind: 'environment', prefix: 'A' },
      { kind: 'file', path: '/k' },
    ],
    'env',
    [{ kind: 'environment', prefix: null }],
  ],
  bucketKeys: [
    'file:keys.json',
    [{ kind: 'file', path: 'keys.json' }],
    'env:A,env:B',
    [
      { kind: 'environment', prefix: 'A' },
      { kind: 'environment', prefix: 'B' },
    ],
  ],
  management: ['keep', 'keep', 'off', 'off'],
  objects: ['sign', 'sign', 'resign', 'resign'],
  signPrefix: ['public/', 'public/', 'a b', 'a b'],
  config: ['a.json', 'a.json', './b.json', './b.json'],
  stateDir: ['/var/lib/x', '/var/lib/x', './state', './state'],
  redis: ['redis://h:1', 'redis://h:1', 'rediss://h', 'rediss://h'],
  host: ['0.0.0.0', '0.0.0.0', '::1', '::1'],
  port: ['80', 80, '0', 0],
  ownHosts: ['a.example', ['a.example'], 'A.example., b_c, ::1', ['a.example', 'b_c', '[::1]']],
  socket: ['/run/e.sock', '/run/e.sock', 'e.sock', 'e.sock'],
  tlsCert: ['./c.pem', './c.pem', '/c', '/c'],
  tlsKey: ['./k.pem', './k.pem', '/k', '/k'],
  adminToken: ['env:T', { kind: 'environment', name: 'T' }, 'file:./t', { kind: 'file', path: './t' }],
  adminMetricsToken: ['env:M', { kind: 'environment', name: 'M' }, 'file:/m', { kind: 'file', path: '/m' }],
  dangerouslyOpenAdmin: ['true', true, 'false', false],
  shutdownDelay: ['5s', 5_000, '1m', 60_000],
  logRequests: ['refused', 'refused', 'none', 'none'],
  logFormat: ['pretty', 'pretty', 'json', 'json'],
  adminHost: ['10.0.0.5', '10.0.0.5', 'localhost', 'localhost'],
  adminPort: ['9090', 9090, '0', 0],
  demoPort: ['3000', 3000, '0', 0],
  rulesTtl: ['5m', 300_000, '1', 1000],
  maxStale: ['0', 0, '1d', 86_400_000],
  workers: ['auto', 'auto', '256', 256],
  transport: ['undici', 'undici', 'own', 'own'],
  connections: ['64', 64, '100000', 100_000],
  queue: ['0', 0, '7', 7],
  clientConnections: ['2000', 2000, 'auto', 'auto'],
  clientShare: ['100', 100, '0', 0],
  leastRate: ['1', 1, '0', 0],
  idleTimeout: ['5m', 300_000, '1', 1_000],
  maxUrl: ['65536', 65_536, '256', 256],
  maxHeaders: ['131072', 131_072, '1024', 1_024],
  bucketConnectTimeout: ['10m', 600_000, '1s', 1_000],
  bucketHeadTimeout: ['1d', 86_400_000, '1', 1_000],
  drain: ['30s', 30_000, '0', 0],
  keepHost: ['true', true, 'false', false],
  trustForwarded: ['true', true, 'false', false],
  forwarded: ['for', 'for', 'none', 'none'],
  dangerouslyPassProxyCommands: ['true', true, 'false', false],
  dangerouslyAllowCredentials: ['true', true, 'false', false],
  dangerouslyOpenBucket: ['true', true, 'false', false],
  debugReason: ['true', true, 'false', false],
  logLevel: ['warn', 'warn', 'silent', 'silent'],
};

/** What an option is never given without. */
const BESIDE: { readonly [N in OptionName]?: { readonly args: string[]; readonly values: Partial<Config> } } =
  {
    rulesToken: { args: ['--rules=https://h/r'], values: { rules: { kind: 'url', url: 'https://h/r' } } },
    clientKeys: { args: ['--objects=resign'], values: { objects: 'resign' } },
    signPrefix: { args: ['--objects=sign'], values: { objects: 'sign' } },
    tlsCert: { args: ['--tls-key=k'], values: { tlsKey: 'k' } },
    tlsKey: { args: ['--tls-cert=c'], values: { tlsCert: 'c' } },
  };

describe.each(NAMES)('the option %s', (name) => {
  const { flag, variable } = OPTIONS[name];
  const [first, firstValue, second, secondValue] = VALUES[name];
  // A token goes with a URL, and a certificate with its key, or it is a fault.
  const url = BESIDE[name]?.args ?? [];
  const base = BESIDE[name]?.values ?? {};
  const configured = (args: string[], env?: Record<string, string>) => configuredBy([...url, ...args], env);
  const only = (value: unknown) => ({ ...DEFAULTS, ...base, [name]: value });

  test('is set by its flag, in either spelling', () => {
    expect(configured([`--${flag}=${first}`])).toEqual(only(firstValue));
    if (!('alone' in OPTIONS[name])) expect(configured([`--${flag}`, first])).toEqual(only(firstValue));
  });

  test('is set by its variable', () => {
    expect(configured([], { [variable]: first })).toEqual(only(firstValue));
  });

  test('is set by the flag if both are given', () => {
    expect(configured([`--${flag}=${second}`], { [variable]: first })).toEqual(only(secondValue));
    expect(configured([`--${flag}=${first}`], { [variable]: second })).toEqual(only(firstValue));
  });

  test('has its default when the variable is empty', () => {
    expect(configuredBy([], { [variable]: '' })).toEqual(DEFAULTS);
  });

  test('a wrong variable is ignored if the flag is right', () => {
    // Any text is the path of something.
    if (['bucket', 'rules', 'config', 'stateDir', 'socket', 'tlsCert', 'tlsKey'].includes(name)) return;
    expect(configured([`--${flag}=${first}`], { [variable]: '?' })).toEqual(only(firstValue));
  });

  test('accepts its own default and example', () => {
    const { default: preset, example, parse } = OPTIONS[name];
    expect(parse(example)).toHaveProperty('value');
    if (preset !== null) expect(parse(preset)).toEqual({ value: DEFAULTS[name] });
  });
});

test.each(NAMES.filter((name) => 'alone' in OPTIONS[name]))('%s: the flag may stand alone', (name) => {
  expect(configuredBy([`--${OPTIONS[name].flag}`])).toMatchObject({ [name]: true });
});

test('no two options share a flag or a variable', () => {
  const options = NAMES.map((name) => OPTIONS[name]);
  expect(new Set(options.map(({ flag }) => flag)).size).toBe(NAMES.length);
  expect(new Set(options.map(({ variable }) => variable)).size).toBe(NAMES.length);
});

test('an option that widens what the rules say has a name that warns', () => {
  expect(NAMES.filter((name) => /allow/i.test(name))).toEqual(['dangerouslyAllowCredentials']);
  expect(OPTIONS.dangerouslyAllowCredentials.flag).toMatch(/^dangerously-/);
  expect(OPTIONS.dangerouslyAllowCredentials.variable).toMatch(/^DANGEROUSLY_/);
});

test('variables of other programs are not read', () => {
  expect(fromVariables({ PATH: '/bin', BUCKET: 'x', port: '1' })).toEqual({});
});
