import { describe, expect, test } from 'vitest';
import type { Read } from '../../src/bucket/read.ts';
import { readConfigFile } from '../../src/config/file.ts';
import { asKey } from '../../src/config/spell.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { keyIn, nameIn } from '../../src/edge/store.ts';
import { accessInStore } from '../../src/open/access.ts';
import { accessIn, openStore } from '../../src/open/store.ts';
import type { Register } from '../../src/rules/register.ts';
import { KEYS, signed } from '../helpers/signed.ts';
import { EVERYBODY } from '../suite/sets.ts';

const OSS = 'https://oss-cn-hangzhou.aliyuncs.com';
const MINIO = 'http://127.0.0.1:9000';
const S3_KEYS = { AWS_ACCESS_KEY_ID: 'ak', AWS_SECRET_ACCESS_KEY: 'sk' };
const OSS_KEYS = { OSS_ACCESS_KEY_ID: 'ak', OSS_ACCESS_KEY_SECRET: 'sk' };

const md5 = async () => new Uint8Array(16);
const BEHAVIOUR = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const IN_FORCE = { rules: compileRules(EVERYBODY, BEHAVIOUR), version: null };
const REGISTER: Register = { name: 'memory', read: async () => null, write: async () => {} };

function configOf(fields: object) {
  const read = readConfigFile(JSON.stringify({ store: fields }), 'f');
  if (!read.ok || read.value.store === null) throw new Error(JSON.stringify(read));
  return read.value.store;
}

/** Opens a store; its questions are answered with "no rules", and recorded. */
async function opened(fields: object, variables: Record<string, string> = {}, register = false) {
  const asked: { url: string; authorization: string }[] = [];
  const read: Read = async (url, headers) => {
    const at = headers.findIndex((name) => name.toLowerCase() === 'authorization');
    asked.push({ url, authorization: at < 0 ? '' : (headers[at + 1] ?? '') });
    return { status: 204, headers: new Headers(), text: '' };
  };
  const means = {
    read,
    variables,
    spell: asKey,
    register: register ? REGISTER : null,
    registerWrite: '"stateDir": "./state"',
  };
  return { asked, store: await openStore(configOf(fields), means) };
}

async function ready(fields: object, variables?: Record<string, string>, register?: boolean) {
  const { asked, store } = await opened(fields, variables, register);
  if (!store.ok) throw new Error(store.faults.join('\n'));
  return { asked, ...store.value };
}

describe('the rules of a bucket of a store are asked for', () => {
  test.each<
    readonly [
      what: string,
      fields: object,
      keys: Record<string, string>,
      name: string,
      url: string,
      signed: RegExp,
    ]
  >([
    [
      'in the host of OSS',
      { url: OSS },
      OSS_KEYS,
      'media',
      'https://media.oss-cn-hangzhou.aliyuncs.com/?cors',
      /\/cn-hangzhou\/oss\//,
    ],
    [
      'by V1 of OSS',
      { url: OSS, signature: 'v1' },
      OSS_KEYS,
      'media',
      'https://media.oss-cn-hangzhou.aliyuncs.com/?cors',
      /^OSS ak:/,
    ],
    ['in the path of MinIO', { url: MINIO }, S3_KEYS, 'a.b', `${MINIO}/a.b/?cors`, /\/us-east-1\/s3\//],
    [
      'in the path of AWS',
      { url: 'https://s3.eu-central-1.amazonaws.com' },
      S3_KEYS,
      'media',
      'https://s3.eu-central-1.amazonaws.com/media/?cors',
      /\/eu-central-1\/s3\//,
    ],
    [
      'in the host of AWS',
      { url: 'https://s3.eu-central-1.amazonaws.com', style: 'host' },
      S3_KEYS,
      'media',
      'https://media.s3.eu-central-1.amazonaws.com/?cors',
      /\/eu-central-1\/s3\//,
    ],
    [
      'of a tenant',
      { url: MINIO, region: 'eu' },
      S3_KEYS,
      'team:media',
      `${MINIO}/team%3Amedia/?cors`,
      /\/eu\/s3\//,
    ],
    ['below a path', { url: `${MINIO}/s3/` }, {}, 'media', `${MINIO}/s3/media/?cors`, /^$/],
    ['without keys', { url: MINIO, credentials: 'none' }, S3_KEYS, 'media', `${MINIO}/media/?cors`, /^$/],
  ])('%s', async (_, fields, keys, name, url, signed) => {
    const { ruledOf, asked } = await ready(fields, keys);
    expect(asked).toEqual([]);
    expect(await ruledOf(name).source.load(new AbortController().signal)).toEqual({ outcome: 'none' });
    expect(asked).toEqual([{ url, authorization: expect.stringMatching(signed) }]);
  });
});

describe('the key of a bucket', () => {
  test.each<readonly [what: string, fields: object, register: boolean]>([
    ['of rules of the store', { url: MINIO }, false],
    ['of rules that clients write', { url: MINIO, management: 'keep' }, true],
  ])('has its name in it: %s', async (_, fields, register) => {
    const { plan, ruledOf } = await ready(fields, S3_KEYS, register);
    for (const name of ['media', 'a.b', 'team:media']) {
      expect(ruledOf(name).key).toBe(keyIn(plan, name));
      expect(nameIn(plan, keyIn(plan, name))).toBe(name);
    }
    for (const key of [
      'media',
      keyIn(plan, 'Media'),
      keyIn(plan, '../x'),
      `x${keyIn(plan, '')}y`,
      plan.keySuffix,
      '',
    ])
      expect(nameIn(plan, key)).toBeNull();
  });

  test('differs between stores, and between sources of rules', async () => {
    const of = async (fields: object) => (await ready(fields, S3_KEYS)).ruledOf('media').key;
    const keys = await Promise.all([
      of({ url: MINIO }),
      of({ url: `${MINIO}/s3` }),
      of({ url: 'http://10.0.0.1:9000' }),
    ]);
    expect(new Set(keys).size).toBe(3);
  });
});

describe('the log of the start', () => {
  const by = 'signed with the key ak';
  const all = 'every client of this edge can read all objects of 127.0.0.1:9000/*';
  test.each<readonly [what: string, lists: object, line: string]>([
    ['a list', { allow: ['media', 'logs-*'] }, `${all} (buckets that match media, logs-*), ${by}`],
    ['exceptions', { allow: ['m*'], deny: ['my'] }, `${all} (buckets that match m*, but not my), ${by}`],
  ])('names the buckets whose objects become public, with %s', async (_, lists, line) => {
    const fields = { url: MINIO, store: 's3', objects: 'sign', ...lists };
    expect((await ready(fields, S3_KEYS)).warnings).toEqual([line]);
  });
});

describe('a store is not opened', () => {
  test.each<readonly [what: string, fields: object, keys: Record<string, string>, line: RegExp]>([
    ['without its region', { url: 'https://oss.example.com', store: 'oss' }, OSS_KEYS, /^region is missing/],
    [
      'without the keys that it names',
      { url: MINIO, credentials: 'env:A' },
      {},
      /^credentials: there are no keys/,
    ],
    ['with half of its keys', { url: MINIO }, { AWS_ACCESS_KEY_ID: 'ak' }, /^credentials/],
    [
      'without storage for rules that clients write',
      { url: MINIO, management: 'keep' },
      S3_KEYS,
      /there is no storage/,
    ],
    ['without keys to sign with', { url: MINIO, objects: 'resign' }, {}, /there are no keys to sign with/],
    ['with rules in a file, where there are no files', { url: MINIO, rules: './r.xml' }, {}, /./],
  ])('%s', async (_, fields, keys, line) => {
    const { store } = await opened(fields, keys);
    expect(store.ok ? [] : store.faults).toEqual([expect.stringMatching(line)]);
    expect(JSON.stringify(store)).not.toContain('"sk"');
  });
});

describe('the keys of a store', () => {
  test.each<readonly [what: string, fields: object]>([
    ['signs reads', { objects: 'sign', allow: ['*'] }],
    ['signs requests of clients again', { objects: 'resign' }],
    ['checks who writes rules', { management: 'keep' }],
  ])('are read once a second for all its buckets, known or missing, if the edge %s', async (_, fields) => {
    let [opened, reads] = [0, 0];
    const credentialsFile = () => {
      opened += 1;
      return async () => {
        reads += 1;
        return KEYS;
      };
    };
    const of = configOf({ url: MINIO, credentials: 'file:/keys', ...fields });
    const access = accessInStore(of, '', asKey);
    const accessTo = accessIn(access, { variables: {}, credentialsFile, md5, register: REGISTER });
    const before = opened;
    for (const name of ['media', 'missing', 'missing', null]) {
      const { management, authorize } = accessTo(name);
      const form = 'objects' in fields && fields.objects === 'sign' ? null : ('SigV4 header' as const);
      const about = { method: 'GET', target: '/a', host: '127.0.0.1', region: 'us-east-1' };
      const bare = { method: 'GET', target: '/a', headers: ['Host', '127.0.0.1'] };
      const client = { key: '/a', ...(form === null ? bare : await signed(form, about)) };
      await authorize?.({ ...client, body: null }, client, IN_FORCE);
      if (management?.mode === 'keep') expect(await management.verify(client)).toMatchObject({ ok: true });
    }
    expect([opened - before, reads]).toEqual([0, 1]);
  });
});
