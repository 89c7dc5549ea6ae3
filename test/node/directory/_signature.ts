import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { type Attempt, KEYS, NOW, type Sent, signed, TEMPORARY } from '../../bucket/verify/_forms.ts';
import { codeOf } from './_bucket.ts';

let around: string;
let open: OpenDirectoryBucket;
/** Opens a bucket `media` with keys for all tests of a file; its clock stays at NOW. */
export const useSignedBucket = (): void => {
  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
    const folder = join(around, 'media');
    await mkdir(folder);
    await writeFile(join(folder, 'a b.txt'), 'content');
    open = await openDirectoryBucket({ folder, credentials: [KEYS, TEMPORARY], wallClock: () => NOW });
  });
  afterAll(async () => {
    await open.close();
    await rm(around, { recursive: true });
  });
};

export const host = () => new URL(open.url).host;

export const send = async ({ method, target, headers }: Sent, body: Buffer | string | null = null) => {
  const answered = await request(`${open.url}${target}`, {
    method: method as 'GET',
    headers: [...headers],
    body,
  });
  return { status: answered.statusCode, body: await answered.body.text() };
};

/** The object's content, or the status and code of the refusal. */
export const attemptBy = async (form: string, attempt: Partial<Attempt> = {}): Promise<string> => {
  const { status, body } = await send(await signed(form, { host: host(), ...attempt }));
  return status === 200 ? body : `${status} ${codeOf(body)}`;
};
