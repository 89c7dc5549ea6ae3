import { join } from 'node:path';
import { askForRules, type Read, rulesUrl } from '../../bucket/read.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import { type BucketOptions, type GivenOptions, readBucketOptions } from '../../config/read.ts';
import { asFlag } from '../../config/spell.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import { faultText, type Result } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES } from '../../document/read.ts';
import { fileCredentials } from '../../node/buckets/credentials.ts';
import { findFolder, rulesFileOf } from '../../node/directory/folder.ts';
import { readTextFile } from '../../node/files/text-file.ts';
import { openSigner } from '../../open/signer.ts';
import { bucketSource } from '../../rules/sources/bucket.ts';
import type { Terminal } from '../command.ts';
import { type Found, recorded, textOf } from './load.ts';
import type { SourcePlace } from './place.ts';

/** What was read of a bucket. */
export interface BucketRules {
  readonly name: string;
  /** Only for a folder: the file with its rules. */
  readonly path?: string;
  readonly store: Dialect;
  /** Whether the address or a flag names the store. */
  readonly isStoreKnown: boolean;
  /** Null: the bucket has no rules. */
  readonly text: string | null;
}

/** Reads a bucket's own rules, signed as `serve` signs; those of a folder are in the file beside it. */
export async function readBucket(
  { text, by }: Extract<SourcePlace, { kind: 'bucket' }>,
  given: GivenOptions,
  read: Read,
  env: Terminal['env'],
): Promise<Result<BucketRules, string>> {
  const options = readBucketOptions({ ...given, bucket: { place: by, text } });
  if (!options.ok) return { ok: false, faults: options.faults.map(faultText) };
  const { bucket: place, store } = options.value;
  if (place === null) return { ok: false, faults: [`${by} is empty`] };
  const isStoreKnown = given.store !== undefined || (place.kind === 'http' && place.store !== undefined);
  const common = { store, isStoreKnown };
  if (place.kind === 'folder') {
    const path = await rulesFile(place.path);
    if (!path.ok) return path;
    const found = await folderText(path.value);
    return found.ok
      ? { ok: true, value: { ...common, name: path.value, path: path.value, text: found.value } }
      : found;
  }
  const name = rulesUrl(place.address);
  const found = await askBucket(name, place, options.value, read, env);
  return found.ok ? { ok: true, value: { ...common, name, text: found.value } } : found;
}

async function askBucket(
  name: string,
  place: Extract<BucketPlace, { kind: 'http' }>,
  options: BucketOptions,
  read: Read,
  env: Terminal['env'],
): Promise<Found> {
  const means = { variables: env, credentialsFile: fileCredentials };
  const signer = await openSigner(options, place, means, asFlag);
  if (!signer.ok) return signer;
  const recording = recorded(read);
  return textOf(bucketSource(name, askForRules(place.address, recording.read, signer.value)), recording.text);
}

/** The path of a folder's rules, relative if the folder's is. */
async function rulesFile(folder: string): Promise<Result<string, string>> {
  try {
    rulesFileOf(folder, await findFolder(folder), undefined);
    return { ok: true, value: `${join(folder, '.').replace(/[\\/]+$/, '')}.cors.xml` };
  } catch (error) {
    return { ok: false, faults: [error instanceof Error ? error.message : String(error)] };
  }
}

async function folderText(path: string): Promise<Found> {
  const found = await readTextFile(path, { maxBytes: MAX_DOCUMENT_BYTES });
  if (!('fault' in found)) return { ok: true, value: found.text };
  if (found.code === 'ENOENT') return { ok: true, value: null };
  return { ok: false, faults: [`${path} ${found.fault}. Check its permissions.`] };
}
