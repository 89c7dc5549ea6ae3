import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { openAuthorize } from '../../src/open/authorize.ts';
import { PASSING } from '../helpers/access.ts';
import { signed } from '../helpers/signed.ts';
import { EVERYBODY } from '../suite/sets.ts';

const behaviour = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const IN_FORCE = { rules: compileRules(EVERYBODY, behaviour), version: null };
const HEADERS = ['Host', 'bucket.example'];
const REQUEST = { method: 'GET', target: '/a', headers: HEADERS, body: null };
const CLIENT = { method: 'GET', target: '/a', key: '/a', headers: HEADERS };
const SIGN = {
  ...PASSING,
  store: 's3',
  objects: 'sign',
  bucketName: 'media',
  region: 'us-east-1',
  credentials: { kind: 'file', path: './keys' },
} as const;

test('is undefined if clients sign for the bucket', () => {
  expect(openAuthorize(PASSING, { variables: {} })).toBeUndefined();
});

test.each(['sign', 'resign'] as const)(
  'refuses everything with %s if the bucket’s name is unknown',
  (objects) => {
    const authorize = openAuthorize({ ...SIGN, objects, bucketName: null }, { variables: {} });
    expect(authorize?.(REQUEST, CLIENT, IN_FORCE)).toMatchObject({
      ok: false,
      refusal: { code: 'AccessDenied' },
    });
  },
);

test('refuses V4 signatures before their keys are looked up if the region is unknown', async () => {
  const access = { ...SIGN, store: 'oss', objects: 'resign', region: null } as const;
  const authorize = openAuthorize(access, {
    variables: {},
    credentialsFile: () => () => Promise.reject(new Error('the keys are asked for')),
  });
  const sent = await signed('OSS V4 header', { method: 'GET', target: '/a', host: 'bucket.example' });
  const refusal = { code: 'AccessDenied', message: expect.stringContaining('the region of the bucket') };
  expect(await authorize?.(REQUEST, { ...sent, key: '/a' }, IN_FORCE)).toMatchObject({ ok: false, refusal });
});

describe('keys from a file', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  /** Signs with what the file contains, and counts how often it is read. */
  function open(file: { keys: Credentials | Error }) {
    let reads = 0;
    const authorize = openAuthorize(SIGN, {
      variables: {},
      credentialsFile: () => async () => {
        reads += 1;
        if (file.keys instanceof Error) throw file.keys;
        return file.keys;
      },
    });
    const keyOf = async () => {
      const checked = await authorize?.(REQUEST, CLIENT, IN_FORCE);
      return checked?.ok ? /Credential=([^/]+)/.exec(checked.value.headers.join('\n'))?.[1] : null;
    };
    return { authorize, keyOf, reads: () => reads };
  }
  const keys = (accessKeyId: string) => ({ accessKeyId, accessKeySecret: 'secret' });

  test('are read once for the requests of a second, and rotated ones take effect after it', async () => {
    const file = { keys: keys('old') };
    const { keyOf, reads } = open(file);
    expect([await keyOf(), await keyOf(), reads()]).toEqual(['old', 'old', 1]);
    file.keys = keys('new');
    vi.advanceTimersByTime(999);
    expect([await keyOf(), reads()]).toEqual(['old', 1]);
    vi.advanceTimersByTime(1);
    expect([await keyOf(), reads()]).toEqual(['new', 2]);
  });

  test('that could be read stay in use for a minute after it fails, and are read again each second', async () => {
    const file: { keys: Credentials | Error } = { keys: keys('old') };
    const { keyOf, reads } = open(file);
    expect(await keyOf()).toBe('old');
    file.keys = new Error('the disk');
    vi.advanceTimersByTime(59_999);
    expect([await keyOf(), await keyOf(), reads()]).toEqual(['old', 'old', 2]);
    vi.advanceTimersByTime(1);
    expect(await keyOf()).toBe(null);
  });

  test('that cannot be read are a 503 with the cause for the log', async () => {
    const { authorize } = open({ keys: new Error('the disk') });
    const refusal = { code: 'ServiceUnavailable', status: 503, cause: 'the keys cannot be read (the disk)' };
    expect(await authorize?.(REQUEST, CLIENT, IN_FORCE)).toMatchObject({ ok: false, refusal });
  });

  test('are read again at once after a failure', async () => {
    const file: { keys: Credentials | Error } = { keys: new Error('the disk') };
    const { keyOf } = open(file);
    expect(await keyOf()).toBe(null);
    file.keys = keys('new');
    expect(await keyOf()).toBe('new');
  });
});
