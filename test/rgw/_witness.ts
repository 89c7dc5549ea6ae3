import { createHash } from 'node:crypto';
import {
  type CORSRule,
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Gateway } from './_gateway.ts';

/** Reads and writes the gateway directly, to verify a client's results. */
export interface Witness {
  create(bucket: string): Promise<void>;
  /** Allows requests without a signature every operation on a bucket's objects and its list. */
  openToAll(bucket: string): Promise<void>;
  put(bucket: string, key: string, content: string): Promise<void>;
  /** The digest of each object's content by its key without the prefix. */
  objects(bucket: string, prefix: string): Promise<Record<string, string>>;
  /** The number of parts of an object's upload. */
  parts(bucket: string, key: string): Promise<number>;
  /** Puts rules in the AWS CLI's form. */
  putRules(bucket: string, rules: { readonly CORSRules: CORSRule[] }): Promise<void>;
  /** The rules of a bucket in the same form; null without rules. */
  rules(bucket: string): Promise<string | null>;
  close(): void;
}

export const digest = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 16);

export function openWitness({ url, accessKey, secretKey }: Gateway): Witness {
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  async function read(Bucket: string, Key: string): Promise<Uint8Array | string> {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToByteArray()) ?? '';
  }
  return {
    create: async (Bucket) => void (await client.send(new CreateBucketCommand({ Bucket }))),
    async openToAll(Bucket) {
      const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
      const Statement = [{ Effect: 'Allow', Principal: '*', Action: ['s3:*'], Resource }];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    },
    put: async (Bucket, Key, Body) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body }))),
    async objects(Bucket, Prefix) {
      // Without this encoding XML changes a key with a line feed.
      const list = new ListObjectsV2Command({ Bucket, Prefix, EncodingType: 'url' });
      const { Contents = [] } = await client.send(list);
      const keys = Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')));
      const found = keys.map(
        async (key) => [key.slice(Prefix.length), digest(await read(Bucket, key))] as const,
      );
      return Object.fromEntries(await Promise.all(found));
    },
    async parts(Bucket, Key) {
      const { ETag = '' } = await client.send(new HeadObjectCommand({ Bucket, Key }));
      return Number(/-(\d+)"$/.exec(ETag)?.[1] ?? 1);
    },
    putRules: async (Bucket, CORSConfiguration) =>
      void (await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration }))),
    async rules(Bucket) {
      try {
        const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket }));
        return JSON.stringify({ CORSRules });
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchCORSConfiguration') return null;
        throw error;
      }
    },
    close: () => client.destroy(),
  };
}
