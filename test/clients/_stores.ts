/** The stores behind the edge. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { request } from 'undici';
import { inject } from 'vitest';
import type { RuleSet } from '../../src/cors/rule.ts';
import { toXml } from '../../src/document/xml.ts';
import { openDirectoryBucket } from '../../src/node/directory/server.ts';
import { checkSignature } from '../../src/node/directory/signature.ts';
import { signed } from '../helpers/signed.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { openWitness, type Witness as RulesWitness } from '../rgw/_witness.ts';
import { openS3 } from './_aws.ts';
import type { Keys } from './_client.ts';
import { checkCos } from './_cos.ts';
import type { Witness } from './_operations.ts';
import { type Asked, type OssStore, openOssStore } from './_oss-store.ts';

/** Of every store, and of every client unless a test says otherwise. */
export const KEYS: Keys = {
  accessKey: 'TESTACCESSKEY0000001',
  secretKey: 'testsecretkey0000000000000000000000000001',
};

/** Further keys of the directory bucket. */
export const TEAM: Keys = {
  accessKey: 'TEAMACCESSKEY0000001',
  secretKey: 'teamsecretkey0000000000000000000000000001',
};
export const TEMPORARY: Keys = {
  accessKey: 'STS.ACCESSKEY00000001',
  secretKey: 'stssecretkey00000000000000000000000000001',
  token: 'CAIS+/=token',
};

/** A bucket of a store, and direct access to it. */
export interface Store {
  /** The value of the option `bucket`. */
  readonly address: string;
  readonly dialect: 'oss' | 's3';
  readonly witness: Witness;
  /** The CORS document that the store has; null: none. */
  rules(): Promise<string | null>;
  putRules(rules: RuleSet): Promise<void>;
  /** Requests as they arrived; only of the doubles. */
  readonly asked?: readonly Asked[];
  close(): Promise<void>;
}

export type StoreKind =
  | 'the directory bucket'
  | 'the directory bucket as S3'
  | 'an OSS store'
  | 'an OSS store as S3'
  | 'a COS store'
  | 'the Ceph gateway'
  | 'a web server';

export const OPEN: Readonly<Record<StoreKind, (bucket: string) => Promise<Store>>> = {
  'the directory bucket': (bucket) => openFolderStore(bucket, 'oss'),
  'the directory bucket as S3': (bucket) => openFolderStore(bucket, 's3'),
  'a web server': openWebServer,
  'an OSS store': async (bucket) => storeOf(await openDouble(bucket), 'oss'),
  'an OSS store as S3': async (bucket) => storeOf(await openDouble(bucket), 's3'),
  'a COS store': async (bucket) => storeOf(await openOssStore(bucket, ossKeys, checkCos(bucket, KEYS)), 's3'),
  'the Ceph gateway': openRgw,
};

const credentialsOf = ({ accessKey, secretKey, token }: Keys) => ({
  accessKeyId: accessKey,
  accessKeySecret: secretKey,
  ...(token && { securityToken: token }),
});
const ossKeys = credentialsOf(KEYS);
const ALL_KEYS = [KEYS, TEAM, TEMPORARY].map(credentialsOf);

/** It accepts OSS's signatures and SigV4. */
async function openFolderStore(bucket: string, dialect: Store['dialect']): Promise<Store> {
  const around = await mkdtemp(join(tmpdir(), 'bucket-cors-clients-'));
  const folder = join(around, bucket);
  await mkdir(folder);
  const opened = await openDirectoryBucket({
    folder,
    credentials: ALL_KEYS,
  });
  const fileOf = (key: string) => join(folder, key);
  return {
    address: opened.url,
    dialect,
    witness: {
      async write(key, content) {
        await mkdir(dirname(fileOf(key)), { recursive: true });
        await writeFile(fileOf(key), content);
      },
      read: (key) => readFile(fileOf(key)).catch(() => null),
      async etag(key) {
        // Of an object in parts only the bucket knows it.
        const target = `/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
        const { host } = new URL(opened.url);
        const [keys = ossKeys] = ALL_KEYS;
        const { headers } = await signed('OSS V4 header', { method: 'HEAD', target, host, bucket, keys });
        const answered = await request(opened.url + target, { method: 'HEAD', headers: [...headers] });
        return String(answered.headers.etag);
      },
    },
    rules: () => readFile(opened.rulesFile, 'utf8').catch(() => null),
    putRules: (rules) => writeFile(opened.rulesFile, toXml(rules)),
    async close() {
      await opened.close();
      await rm(around, { recursive: true });
    },
  };
}

/** It serves no objects, and has no rules: a request for them is an error of the test. */
async function openWebServer(): Promise<Store> {
  const upstream = await openUpstream('unknown');
  const none = () => Promise.reject(new Error('a web server has no objects'));
  return {
    address: upstream.url,
    dialect: 's3',
    witness: { write: none, read: none, etag: none },
    async rules() {
      const forRules = upstream.asked.some(({ target }) => target.includes('cors'));
      return forRules || upstream.rulesAsked.length > 0 ? 'a request for rules' : null;
    },
    putRules: none,
    close: upstream.close,
  };
}

/** It accepts OSS's signatures and SigV4. */
const openDouble = (bucket: string): Promise<OssStore> =>
  openOssStore(bucket, ossKeys, (incoming) =>
    checkSignature(incoming, {
      dialect: 'oss',
      bucket,
      prefix: '',
      credentials: async () => ALL_KEYS,
      wallClock: Date.now,
    }),
  );

function storeOf(store: OssStore, dialect: Store['dialect']): Store {
  return {
    address: store.url,
    dialect,
    asked: store.asked,
    witness: {
      write: async (key, content) => void store.objects.set(key, content),
      read: async (key) => store.objects.get(key) ?? null,
      etag: async (key) => store.etag(key),
    },
    rules: async () => store.rules,
    async putRules(rules) {
      store.rules = toXml(rules);
    },
    close: store.close,
  };
}

/** A bucket of the gateway that all test files share. */
async function openRgw(bucket: string): Promise<Store> {
  const gateway = inject('s3Gateway');
  if (gateway === null) throw new Error('no Ceph gateway runs');
  const admin: RulesWitness = openWitness(gateway);
  const direct = openS3(gateway, gateway);
  await admin.create(bucket);
  return {
    address: `s3://${bucket}?endpoint=${gateway.url}`,
    dialect: 's3',
    witness: {
      write: async (Key, Body) =>
        void (await direct.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))),
      async read(Key) {
        try {
          const { Body } = await direct.send(new GetObjectCommand({ Bucket: bucket, Key }));
          return Buffer.from((await Body?.transformToByteArray()) ?? []);
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchKey') return null;
          throw error;
        }
      },
      async etag(Key) {
        const { ETag = '' } = await direct.send(new HeadObjectCommand({ Bucket: bucket, Key }));
        return ETag;
      },
    },
    rules: () => admin.rules(bucket),
    putRules: ({ rules }) =>
      admin.putRules(bucket, {
        CORSRules: rules.map(({ allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders }) => ({
          AllowedOrigins: [...allowedOrigins],
          AllowedMethods: [...allowedMethods],
          AllowedHeaders: [...allowedHeaders],
          ExposeHeaders: [...exposeHeaders],
        })),
      }),
    async close() {
      direct.destroy();
      admin.close();
    },
  };
}
