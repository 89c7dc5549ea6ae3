/** The ways in which clients write a bucket into an address, where the tests of a matrix have it in the path. */
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { GetObjectCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import OSS from 'ali-oss';
import { Client } from 'minio';
import { describe, expect, test } from 'vitest';
import { call, corsHeaders } from '../helpers/client.ts';
import { type Line, onBoth, useLines } from './_lines.ts';
import { readAll } from './_minio.ts';
import { KEYS } from './_stores.ts';

/** The parts of a client that each style needs. */
interface StyledClient {
  put(key: string, content: Buffer): Promise<unknown>;
  get(key: string): Promise<Buffer>;
  /** Absent: minio has no call for it. */
  putRules?(origin: string): Promise<unknown>;
}

interface StyleLine extends Line {
  readonly name: string;
  /** The host in the client's requests. */
  readonly host: (bucket: string) => string;
  /** `domain` is the parent of all buckets' hosts, with the port of the edge. */
  open(at: { readonly bucket: string; readonly domain: string }): StyledClient;
}

const MINIO = 'minio with pathStyle false';
const DOMAIN = 'files.test';
const toLoopback: LookupFunction = (_name, { all }, done) =>
  all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
const agent = new Agent({ lookup: toLoopback });

const credentials = { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey };

function ossClient(bucket: string, options: object): StyledClient {
  const oss = new OSS({
    accessKeyId: KEYS.accessKey,
    accessKeySecret: KEYS.secretKey,
    bucket,
    region: 'oss-cn-hangzhou',
    agent,
    ...options,
  } as OSS.Options);
  return {
    put: (key, content) => oss.put(key, content),
    get: async (key) => (await oss.get(key)).content as Buffer,
    putRules: (origin) => oss.putBucketCORS(bucket, [{ allowedOrigin: origin, allowedMethod: 'GET' }]),
  };
}

function s3Client(Bucket: string, options: object): StyledClient {
  const s3 = new S3Client({
    region: 'us-east-1',
    credentials,
    requestHandler: { httpAgent: agent },
    ...options,
  });
  return {
    put: (Key, Body) => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    async get(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    putRules(origin) {
      const CORSRules = [{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }];
      return s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    },
  };
}

function minioClient(bucket: string, domain: string): StyledClient {
  const { hostname, port } = new URL(`http://${domain}`);
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    region: 'us-east-1',
    pathStyle: false,
    accessKey: KEYS.accessKey,
    secretKey: KEYS.secretKey,
    transportAgent: agent,
  });
  return {
    put: (key, content) => client.putObject(bucket, key, content),
    get: async (key) => readAll(await client.getObject(bucket, key)),
  };
}

const virtualHost = (bucket: string): string => `${bucket}.${DOMAIN}`;
const ownDomain = (bucket: string): string => `${bucket}-cdn.${DOMAIN}`;

const OSS_LINE = { mode: 'management keep, objects resign', store: 'the directory bucket' } as const;
const S3_LINE = { mode: 'management keep, objects resign', store: 'the directory bucket as S3' } as const;

const STYLES: readonly Omit<StyleLine, 'runtime'>[] = [
  ...[false, true].flatMap((v4) => [
    {
      ...OSS_LINE,
      name: `ali-oss ${v4 ? 'V4' : 'V1'} with an endpoint`,
      host: virtualHost,
      open: ({ bucket, domain }: { bucket: string; domain: string }) =>
        ossClient(bucket, { endpoint: `http://${domain}`, authorizationV4: v4 }),
    },
    {
      ...OSS_LINE,
      name: `ali-oss ${v4 ? 'V4' : 'V1'} with a domain of the bucket (cname)`,
      host: ownDomain,
      open: ({ bucket, domain }: { bucket: string; domain: string }) =>
        ossClient(bucket, { endpoint: `http://${bucket}-cdn.${domain}`, cname: true, authorizationV4: v4 }),
    },
  ]),
  {
    ...S3_LINE,
    name: '@aws-sdk/client-s3 with an endpoint',
    host: virtualHost,
    open: ({ bucket, domain }) => s3Client(bucket, { endpoint: `http://${domain}` }),
  },
  {
    ...S3_LINE,
    name: '@aws-sdk/client-s3 with a domain of the bucket (bucketEndpoint)',
    host: ownDomain,
    open: ({ bucket, domain }) => s3Client(`http://${bucket}-cdn.${domain}`, { bucketEndpoint: true }),
  },
  {
    ...S3_LINE,
    name: MINIO,
    host: virtualHost,
    open: ({ bucket, domain }) => minioClient(bucket, domain),
  },
];

const PREFIX = 'styles';
const LINES: readonly StyleLine[] = STYLES.flatMap(onBoth).map((line, at) => ({
  ...line,
  options: { prefix: undefined, hosts: [line.host(`${PREFIX}-${at}`)] },
}));
const opened = useLines(PREFIX, LINES);

describe.each(LINES.map((line, at) => ({ ...line, at })))(
  '$name before $store through $mode on $runtime',
  ({ at, name, open, host }) => {
    const APP = 'https://app.example.com';
    const start = () => {
      const { entry, store } = opened(at);
      const { port } = new URL(entry.url);
      const { bucket, url } = entry;
      return { client: open({ bucket, domain: `${DOMAIN}:${port}` }), witness: store.witness, bucket, url };
    };

    test('puts and gets an object', async () => {
      const { client, witness } = start();
      const content = Buffer.from('content');
      await client.put('dir/a+b c & ü.txt', content);
      expect(await witness.read('dir/a+b c & ü.txt')).toEqual(content);
      expect(await client.get('dir/a+b c & ü.txt')).toEqual(content);
    });

    const rules = 'puts rules that decide the next preflight';
    test.skipIf(name === MINIO)(name === MINIO ? `${rules}: it has no call for them` : rules, async () => {
      const { client, bucket, url } = start();
      await client.putRules?.(APP);
      const answered = await call(url, {
        method: 'OPTIONS',
        target: '/dir/a',
        headers: ['Host', host(bucket), 'Origin', APP, 'Access-Control-Request-Method', 'GET'],
      });
      expect(corsHeaders(answered)['access-control-allow-origin']).toBe(APP);
    });
  },
);
