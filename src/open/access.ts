import type { BucketConfig } from '../config/file.ts';
import type { Spell } from '../config/spell.ts';
import type { StoreConfig } from '../config/store.ts';
import { type CredentialsPlace, parseName } from '../config/values.ts';
import type { Dialect } from '../cors/behaviour.ts';
import { regionOf } from './region.ts';

/**
 * Who may do what with a bucket, and who signs its requests. Plain data: a worker process gets it in a message and makes
 * its own functions of it.
 */
export interface Access {
  readonly store: Dialect;
  readonly management: 'pass' | 'keep' | 'off';
  /** With `off`: what the operator writes to turn it on, for the refusal. */
  readonly write: string;
  /** The bucket's key in the register. */
  readonly registerKey: string;
  readonly objects: 'pass' | 'sign' | 'resign';
  /** Only keys that begin like this are signed; empty: all. */
  readonly signPrefix: string;
  /** The bucket's name in signatures; null: unknown, and nothing is signed or verified. */
  readonly bucketName: string | null;
  /** Null: unknown. V4 signatures are refused then, but for S3's default region. */
  readonly region: string | null;
  readonly signature: 'v4' | 'v1';
  /** The keys that the edge signs with. */
  readonly credentials: CredentialsPlace;
  /** Further keys that clients may sign with. */
  readonly clientKeys: readonly CredentialsPlace[];
}

type AccessConfig = Pick<
  BucketConfig,
  | 'store'
  | 'objects'
  | 'signPrefix'
  | 'signature'
  | 'credentials'
  | 'clientKeys'
  | 'bucket'
  | 'management'
  | 'rules'
  | 'bucketName'
  | 'region'
>;

/** The access of a configured bucket. `name`: of its rules in the register. */
export function accessOf(config: AccessConfig, name: string, spell: Spell): Access {
  const { store, objects, signPrefix, signature, credentials, clientKeys, bucket } = config;
  const place = bucket?.kind === 'http' ? bucket : null;
  return {
    store,
    management: config.management ?? (config.rules.kind === 'bucket' ? 'pass' : 'off'),
    write: `${spell('management', 'keep')} or ${spell('management', 'pass')}`,
    registerKey: name,
    objects,
    signPrefix: signPrefix ?? '',
    bucketName: config.bucketName ?? place?.name ?? folderName(bucket),
    region: regionOf(store, config.region, bucket),
    signature,
    credentials,
    clientKeys: clientKeys ?? [],
  };
}

/** The name that a folder has as a bucket; null if no bucket can have it. */
function folderName(bucket: BucketConfig['bucket']): string | null {
  if (bucket?.kind !== 'folder') return null;
  const name = parseName(bucket.path.split(/[/\\]/).findLast((segment) => segment !== '') ?? '');
  return 'value' in name ? name.value : null;
}

/** The access of the buckets of a store: that of each has its own name. `prefix`: before the name in the register. */
export function accessInStore(config: StoreConfig, prefix: string, spell: Spell): Access {
  const options = { ...config, bucket: config.place, bucketName: null };
  return accessOf(options, prefix, spell);
}

/** The access of one of them. The owner of a bucket, before its colon, is no part of its name. */
export const accessTo = (access: Access, name: string): Access => ({
  ...access,
  bucketName: name.slice(name.indexOf(':') + 1),
  registerKey: access.registerKey + name,
});
