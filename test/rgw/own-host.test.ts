import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Run, stop } from '../cli/_process.ts';
import { command } from './_command.ts';
import { signedBy } from './_curl.ts';
import { startEdge } from './_edge.ts';
import type { Gateway } from './_gateway.ts';
import { SKIPPED } from './_programs.ts';
import { openWitness, type Witness } from './_witness.ts';

const BUCKET = 'own-host';
const OBJECT = { Bucket: BUCKET, Key: "a+b c?'.txt" };

let gateway: Gateway;
let witness: Witness;
let folder: string;
let edge: Run;
let url: string;

beforeAll(async () => {
  gateway = inject('gateway');
  witness = openWitness(gateway);
  folder = mkdtempSync(join(tmpdir(), 'rgw-own-host-'));
  await witness.create(BUCKET);
  const bucket = `s3://${BUCKET}?endpoint=${gateway.url}`;
  edge = startEdge(folder, gateway, { root: { bucket }, prefixed: { bucket, prefix: `/${BUCKET}` } });
  url = await edge.address('edge');
});

afterAll(async () => {
  await stop(edge);
  witness.close();
  rmSync(folder, { recursive: true, force: true });
});

async function bodyOf(...args: string[]): Promise<string> {
  const { stdout } = await command('curl', ['-sS', '--fail-with-body', ...args], { env: {} });
  return String(stdout);
}

/** Signs as a client of the gateway itself. */
function presign(act: GetObjectCommand | PutObjectCommand): Promise<string> {
  const client = new S3Client({
    endpoint: gateway.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: gateway.accessKey, secretAccessKey: gateway.secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  return getSignedUrl(client, act);
}

describe.skipIf(SKIPPED)(
  "requests signed for the gateway's own host, through an edge without keepHost",
  () => {
    test.each<[where: string, there: (signed: string) => string]>([
      [
        "the gateway's address and the bucket's name replaced",
        (signed) => signed.replace(`${gateway.url}/${BUCKET}`, url),
      ],
      ["the gateway's address replaced", (signed) => signed.replace(gateway.url, url)],
    ])('are valid as presigned URLs with %s', async (where, there) => {
      await bodyOf('-X', 'PUT', '--data-binary', where, there(await presign(new PutObjectCommand(OBJECT))));
      expect(await bodyOf(there(await presign(new GetObjectCommand(OBJECT))))).toBe(where);
    });

    test('are valid for an object and for the bucket', async () => {
      await witness.put(BUCKET, 'signed', 'signed');
      const to = `::${new URL(url).host}`;
      const ask = (target: string) =>
        bodyOf('--connect-to', to, ...signedBy(gateway), `${gateway.url}/${BUCKET}${target}`);
      expect(await ask('/signed')).toBe('signed');
      expect(await ask('?prefix=signed')).toContain('<Key>signed</Key>');
      expect(await ask('/?prefix=signed')).toContain('<Key>signed</Key>');
    });
  },
);
