import { describe, expect, test } from 'vitest';
import { type BucketConfig, onlyBucket } from '../../src/config/file.ts';
import { readConfig } from '../../src/config/read.ts';
import { asFlag, asKey } from '../../src/config/spell.ts';
import { accessOf } from '../../src/open/access.ts';
import { accessFaults } from '../../src/open/access-faults.ts';
import { openAccess } from '../../src/open/open-access.ts';
import type { Register, RegisterEntry } from '../../src/rules/register.ts';
import { signed } from '../helpers/signed.ts';

const OSS_KEYS = { OSS_ACCESS_KEY_ID: 'LTAIone', OSS_ACCESS_KEY_SECRET: 'hush' };
const S3_KEYS = { AWS_ACCESS_KEY_ID: 'AKIAone', AWS_SECRET_ACCESS_KEY: 'hush' };
const OSS = 'oss://media?region=cn-hangzhou';
const KEEP = { bucket: OSS, management: 'keep' };

type Options = Readonly<Record<string, string>>;

function configOf(options: Options) {
  const given = Object.entries(options).map(([place, text]) => [place, { place, text }]);
  const read = readConfig(Object.fromEntries(given));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return onlyBucket(read.value);
}

function bucketOf({ bucket }: BucketConfig) {
  if (bucket === null) throw new Error('the configuration has no bucket');
  return bucket;
}

function memory(): Register & { readonly entries: Map<string, RegisterEntry> } {
  const entries = new Map<string, RegisterEntry>();
  return {
    entries,
    name: 'the memory',
    read: async (key) => entries.get(key) ?? null,
    write: async (key, entry) => void entries.set(key, entry),
  };
}

async function faultsOf(options: Options, variables: Options, register: Register | null, spell = asFlag) {
  const config = configOf(options);
  const means = { variables, spell, register, registerWrite: `${spell('stateDir', './state')}` };
  return accessFaults(config, accessOf(config, 'media', spell), bucketOf(config), means);
}

describe('management keep', () => {
  test.each<[string, Options, Options]>([
    ['an OSS bucket with its region in its address', KEEP, OSS_KEYS],
    [
      'an S3 bucket without a region, whose default is us-east-1',
      { bucket: 'http://127.0.0.1:9000/media', store: 's3', management: 'keep' },
      S3_KEYS,
    ],
    [
      'V1 signatures without a region',
      { bucket: 'http://127.0.0.1:9000', bucketName: 'media', signature: 'v1', management: 'keep' },
      OSS_KEYS,
    ],
    [
      'a folder, whose name is the bucket’s',
      { bucket: './media', region: 'cn-hangzhou', management: 'keep' },
      OSS_KEYS,
    ],
    [
      'keys of clients alone',
      { ...KEEP, credentials: 'none', clientKeys: 'env:TEAM' },
      { TEAM_OSS_ACCESS_KEY_ID: 'a', TEAM_OSS_ACCESS_KEY_SECRET: 'b' },
    ],
  ])('starts with %s', async (_, options, variables) => {
    expect(await faultsOf(options, variables, memory())).toEqual([]);
  });

  test.each<[string, Options, Options, Register | null, RegExp]>([
    [
      'no storage',
      KEEP,
      OSS_KEYS,
      null,
      /^--management keep: there is no storage for the rules; write --state-dir \.\/state$/,
    ],
    [
      'no keys',
      KEEP,
      {},
      memory(),
      /^--management keep: there are no keys .*: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET/,
    ],
    [
      'half a key',
      KEEP,
      { OSS_ACCESS_KEY_ID: 'LTAIone' },
      memory(),
      /^--credentials: the environment has OSS_ACCESS_KEY_ID, but not OSS_ACCESS_KEY_SECRET/,
    ],
    [
      'keys that a prefix names and that are not set',
      { ...KEEP, credentials: 'env:MEDIA' },
      OSS_KEYS,
      memory(),
      /set MEDIA_OSS_ACCESS_KEY_ID and MEDIA_OSS_ACCESS_KEY_SECRET/,
    ],
    [
      'no region of an OSS bucket',
      { bucket: 'http://127.0.0.1:9000', bucketName: 'media', management: 'keep' },
      OSS_KEYS,
      memory(),
      /^--region is missing: .*; write --region cn-hangzhou, or --signature v1/,
    ],
    [
      'no name of an OSS bucket',
      { bucket: 'http://127.0.0.1:9000', region: 'cn-hangzhou', management: 'keep' },
      OSS_KEYS,
      memory(),
      /^--bucket-name is missing: .*; write --bucket-name my-bucket$/,
    ],
    [
      'a folder whose name is no bucket’s',
      { bucket: './my files', region: 'cn-hangzhou', management: 'keep' },
      OSS_KEYS,
      memory(),
      /^--bucket-name is missing/,
    ],
    [
      'a file of keys where there are no files',
      { ...KEEP, clientKeys: 'file:/k' },
      OSS_KEYS,
      memory(),
      /is a file, and this platform has none/,
    ],
  ])('refuses %s in one line', async (_, options, variables, register, line) => {
    expect(await faultsOf(options, variables, register)).toEqual([expect.stringMatching(line)]);
  });

  test.each<[string, Options, Options, readonly RegExp[]]>([
    [
      'further keys that are not set',
      { ...KEEP, clientKeys: 'env:NOPE' },
      OSS_KEYS,
      [/^--client-keys: there are no keys: set NOPE_OSS_ACCESS_KEY_ID and NOPE_OSS_ACCESS_KEY_SECRET$/],
    ],
    [
      'the same further keys twice',
      { ...KEEP, clientKeys: 'env:NOPE,env:NOPE' },
      OSS_KEYS,
      [/^--client-keys: there are no keys: set NOPE_OSS_ACCESS_KEY_ID/],
    ],
    [
      'all with resign too',
      { bucket: 'http://127.0.0.1:9000', management: 'keep', objects: 'resign' },
      {},
      [
        /^--management keep: there is no storage/,
        /^--management keep and --objects resign: there are no keys to sign with/,
        /^--bucket-name is missing: with --management keep and --objects resign signatures contain/,
        /^--region is missing: .*; write --region cn-hangzhou, or --signature v1 if all clients sign with V1$/,
      ],
    ],
  ])('states each fact once: %s', async (_, options, variables, lines) => {
    const register = lines.length > 1 ? null : memory();
    const found = await faultsOf(options, variables, register);
    expect(found).toEqual(lines.map((line) => expect.stringMatching(line)));
  });

  test('reports all that is missing at once, as the operator writes options in a file, and no secret', async () => {
    const options = { bucket: 'http://127.0.0.1:9000', management: 'keep' };
    const faults = await faultsOf(options, { OSS_ACCESS_KEY_SECRET: 'hush' }, null, asKey);
    expect(faults).toEqual([
      expect.stringContaining('write "stateDir": "./state"'),
      expect.stringContaining('OSS_ACCESS_KEY_ID'),
      expect.stringContaining('write "bucketName": "my-bucket"'),
      expect.stringContaining('write "region": "cn-hangzhou"'),
    ]);
    expect(faults.join()).not.toContain('hush');
  });
});

describe('openAccess', () => {
  const md5 = async () => new Uint8Array(16);
  const opened = (options: Options, register: Register | null = null) =>
    openAccess(accessOf(configOf(options), 'media', asFlag), { variables: OSS_KEYS, md5, register });

  test.each<[string, Options, string]>([
    ['rules of the bucket', { bucket: OSS }, 'pass'],
    ['rules from a file', { bucket: OSS, rules: './r.xml' }, 'off'],
    [
      'rules from a file, where the operator passes',
      { bucket: OSS, rules: './r.xml', management: 'pass' },
      'pass',
    ],
    ['the operator’s off', { bucket: OSS, management: 'off' }, 'off'],
    ['management keep', KEEP, 'keep'],
  ])('with %s gives management %s', (_, options, mode) => {
    expect(opened(options).management?.mode).toBe(mode);
  });

  test('gives what the operator writes to turn management on', () => {
    expect(opened({ bucket: OSS, management: 'off' }).management).toEqual({
      mode: 'off',
      write: '--management keep or --management pass',
    });
  });

  test('reads the keys once a second, and answers 503 with the cause if they cannot be read', async () => {
    let reads = 0;
    const credentialsFile = () => async () => {
      reads += 1;
      if (reads > 1) throw new Error('the disk');
      return { accessKeyId: 'LTAIone', accessKeySecret: 'hush' };
    };
    const access = accessOf(configOf({ ...KEEP, credentials: 'file:/keys' }), 'media', asFlag);
    const means = { variables: {}, md5, register: memory(), credentialsFile };
    const verifier = () => {
      const { management } = openAccess(access, means);
      if (management?.mode !== 'keep') throw new Error('another mode');
      return management.verify;
    };
    const about = { method: 'GET', target: '/?cors', host: 'media.example' };
    const request = { ...(await signed('OSS V4 header', about)), key: '/?cors' };
    const verify = verifier();
    for (let times = 0; times < 2; times += 1)
      expect(await verify(request)).toMatchObject({ refusal: { code: 'InvalidAccessKeyId' } });
    expect(reads).toBe(1);
    const refusal = { code: 'ServiceUnavailable', cause: 'the keys cannot be read (the disk)' };
    expect(await verifier()(request)).toMatchObject({ ok: false, refusal });
  });

  test('binds the register to the key of the bucket', async () => {
    const register = memory();
    const { management } = opened(KEEP, register);
    if (management?.mode !== 'keep') throw new Error('another mode');
    const entry = { document: null, writer: 'LTAIone', writtenAt: 1 };
    await management.register.write(entry);
    expect([...register.entries]).toEqual([['media', entry]]);
    expect(await management.register.read()).toEqual(entry);
  });

  test('rejects what needs a register where no register is', async () => {
    const { management } = opened(KEEP);
    if (management?.mode !== 'keep') throw new Error('another mode');
    await expect(management.register.read()).rejects.toThrow('there is no storage');
  });
});
