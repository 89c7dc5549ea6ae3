import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { signOssV4 } from '../../src/bucket/sign/oss-v4.ts';
import { type Answered, call } from '../node/_running.ts';
import { rulesFor } from '../node/transport/_store.ts';

export const KEYS: Credentials = { accessKeyId: 'LTAIwriter', accessKeySecret: 'hush-writer' };
export const OTHER_KEYS: Credentials = { accessKeyId: 'LTAIother', accessKeySecret: 'hush-other' };

/** The variables of an edge whose clients sign with these keys. */
export const KEYS_ENV: Readonly<Record<string, string>> = {
  OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
  OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
  TEAM_OSS_ACCESS_KEY_ID: OTHER_KEYS.accessKeyId,
  TEAM_OSS_ACCESS_KEY_SECRET: OTHER_KEYS.accessKeySecret,
};

/** The options of an edge that stores rules; where it stores them comes beside. */
export const keepIn = (bucketUrl: string): readonly string[] => [
  ...['--bucket', bucketUrl, '--bucket-name', 'media', '--region', 'cn-hangzhou'],
  ...['--management', 'keep', '--client-keys', 'env:TEAM'],
];

export interface SignedCall {
  readonly method: string;
  readonly body?: string;
  readonly keys?: Credentials;
  readonly wallClock?: () => number;
}

/** Sends a signed request for the rules of the bucket `media`. */
export async function askForRules(
  url: string,
  { method, body, keys = KEYS, wallClock = Date.now }: SignedCall,
): Promise<Answered> {
  const sign = signOssV4({ bucket: 'media', region: 'cn-hangzhou', credentials: () => keys, wallClock });
  const { headers } = await sign({ method, target: '/?cors', headers: [], body: null });
  const fields: Record<string, string> = {};
  for (let at = 0; at < headers.length; at += 2) fields[headers[at] ?? ''] = headers[at + 1] ?? '';
  return call(`${url}/?cors`, { method, headers: fields, ...(body !== undefined && { body }) });
}

/** Writes rules that let one origin read; rejects unless they are answered with 200. */
export async function putRules(
  { url }: { readonly url: string },
  origin: string,
  about: Partial<SignedCall> = {},
): Promise<void> {
  const { status, text } = await askForRules(url, { method: 'PUT', body: rulesFor(origin), ...about });
  if (status !== 200) throw new Error(`PUT of the rules: ${status} ${text}`);
}

/** The origins in the rules that the edge gives back; null without rules. */
export async function originsAt(
  { url }: { readonly url: string },
  about: Partial<SignedCall> = {},
): Promise<readonly string[] | null> {
  const { status, text } = await askForRules(url, { method: 'GET', ...about });
  if (status === 404) return null;
  if (status !== 200) throw new Error(`GET of the rules: ${status} ${text}`);
  return [...text.matchAll(/<AllowedOrigin>([^<]*)/g)].map(([, origin]) => origin ?? '');
}
