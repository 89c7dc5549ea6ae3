import type { EditorOf } from '../admin/editor.ts';
import { asFlag } from '../config/spell.ts';
import { credentialsAt, type SigningMeans } from '../open/signer.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { GuardedRegister } from '../rules/guarded-register.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { bucketEditor } from './bucket-editor.ts';
import type { RulesPlace } from './buckets/active.ts';
import { fileCredentials } from './buckets/credentials.ts';
import { registerEditor } from './register-editor.ts';

export interface EditorsOptions {
  readonly cache: RulesCache;
  readonly register: GuardedRegister | null;
  readonly env: SigningMeans['variables'];
  /** Without a token everyone who reaches the admin port could change rules. */
  readonly hasToken: boolean;
  /** Null: the bucket is no longer served. */
  readonly writtenAt: (bucket: RuledBucket) => RulesPlace | null;
  /** Resolves when all processes have the rules of the cache. */
  readonly settled: () => Promise<void>;
}

/** Returns what saves the rules of each bucket from the admin port. */
export function editorsOf({ cache, register, env, hasToken, writtenAt, settled }: EditorsOptions): EditorOf {
  const means: SigningMeans = { variables: env, credentialsFile: fileCredentials };
  const saving = new Map<string, Promise<unknown>>();
  return (bucket) => {
    const { kind, name } = bucket.source;
    const written = writtenAt(bucket);
    if (written === null) return 'The bucket is no longer served: read the page again.';
    const options = { bucket, cache, settled };
    const { access, place } = written;
    const isKept = access.management === 'keep' && register !== null;
    if (!isKept && kind !== 'bucket') return (ELSEWHERE[kind] ?? ELSEWHERE.other)(name);
    const isKeyless =
      place.kind !== 'folder' && credentialsAt(access.credentials, access.store, means) === null;
    if (!isKept && isKeyless) return KEYLESS;
    if (!hasToken) return TOKENLESS;
    return isKept
      ? registerEditor({ ...options, register, access })
      : bucketEditor({ ...options, means, written, saving });
  };
}

const TOKENLESS = `Without a token everyone who reaches this port could change the rules: start the edge with ${asFlag('adminToken', 'env:ADMIN_TOKEN')}.`;
const KEYLESS = `The edge has no keys for this bucket: name their source with ${asFlag('credentials')}, or change the rules in the store.`;

/** Where rules are changed that the edge only reads, by the kind of their source. */
const ELSEWHERE: Readonly<Record<string, (name: string) => string>> & {
  readonly other: (name: string) => string;
} = {
  file: (name) => `The rules come from the file ${name}: change that file, and the edge takes it.`,
  url: (name) => `The rules come from ${name}: change the document there.`,
  inline: () => `The rules are in ${asFlag('rules')} itself: change them there.`,
  other: (name) => `The rules come from ${name}: change them there.`,
};
