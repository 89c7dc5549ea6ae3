// A test double for users of the library, who test signed uploads and downloads without a real bucket. `bucket-cors serve`
// and `demo` open directory buckets without keys, so no command line reaches this file.
import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../../bucket/sign/credentials.ts';
import { verifyRequest } from '../../bucket/verify/verify.ts';
import { refusal } from './refusal.ts';

/** The keys that signatures are checked against. */
export interface Keys {
  /** The bucket's name, which OSS signatures cover. */
  readonly bucket: string;
  readonly credentials: readonly Credentials[];
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** The target in origin-form, which signatures cover. */
function originForm(target: string): string {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '');
  return relative.startsWith('/') ? relative : `/${relative}`;
}

/**
 * Checks that a request is signed with one of the keys: in its headers or its URL, by OSS V1, OSS V4 or SigV4. Throws a
 * refusal with the store's own code if it is not.
 */
export async function checkSignature(
  { method = '', url = '', rawHeaders }: IncomingMessage,
  { bucket, credentials, wallClock }: Keys,
): Promise<void> {
  const target = originForm(url);
  const checked = await verifyRequest(
    { method, target, key: target, headers: rawHeaders },
    { dialect: 'oss', bucket, region: null, keys: async () => credentials, wallClock },
  );
  if (!checked.ok) throw refusal(checked.refusal.code, checked.refusal.message);
}
