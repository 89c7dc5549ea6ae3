import type { CredentialsSource } from '../bucket/sign/credentials.ts';
import { environmentCredentials, environmentNames, type Values } from '../bucket/sign/environment.ts';
import { SIGNING, signerFor } from '../bucket/sign/signing.ts';
import type { Sign } from '../bucket/transport.ts';
import type { BucketPlace } from '../config/bucket-url.ts';
import type { Config } from '../config/read.ts';
import type { Spell } from '../config/spell.ts';
import type { CredentialsPlace } from '../config/values.ts';
import type { Dialect } from '../cors/behaviour.ts';
import type { Result } from '../document/fault.ts';
import { regionOf } from './region.ts';

export type SigningConfig = Pick<Config, 'store' | 'signature' | 'bucketName' | 'region' | 'credentials'>;

export interface SigningMeans {
  readonly variables: Values;
  /** Reads keys from a file; absent: the platform has no files. */
  readonly credentialsFile?: (path: string, store: Dialect) => CredentialsSource;
}

type HttpPlace = Extract<BucketPlace, { kind: 'http' }>;

/**
 * What signs `GET /?cors`; undefined where the request is to be unsigned. Faults: the operator asked for keys that are
 * missing, or the bucket's name or region is unknown.
 */
export async function openSigner(
  config: SigningConfig,
  place: BucketPlace,
  means: SigningMeans,
  spell: Spell,
): Promise<Result<Sign | undefined, string>> {
  if (place.kind === 'folder') return { ok: true, value: undefined };
  if (config.credentials.kind === 'file' && means.credentialsFile === undefined) {
    const line = `${spell('credentials')} is a file, and this platform has none; write env or env:PREFIX`;
    return { ok: false, faults: [line] };
  }
  const credentials = credentialsAt(config.credentials, config.store, means);
  return credentials === null
    ? { ok: true, value: undefined }
    : checkedSigner(config, place, credentials, spell);
}

/** What signs `GET /?cors` for each bucket of a store, by the bucket's name; otherwise as `openSigner`. */
export async function openStoreSigner(
  config: Omit<SigningConfig, 'bucketName'>,
  place: HttpPlace,
  means: SigningMeans,
  spell: Spell,
): Promise<Result<((bucket: string) => Sign) | undefined, string>> {
  const one = await openSigner({ ...config, bucketName: 'bucket' }, place, means, spell);
  const credentials = credentialsAt(config.credentials, config.store, means);
  if (!one.ok || one.value === undefined || credentials === null)
    return one.ok ? { ok: true, value: undefined } : one;
  const region = regionOf(config.store, config.region, place);
  const choice = { signature: config.signature, region };
  return { ok: true, value: (bucket) => signerFor(config.store, choice, { bucket, credentials }) };
}

/** The keys at a configured place. Null: none, or no prefix was given and no variable is set. */
export function credentialsAt(
  place: CredentialsPlace,
  store: Dialect,
  { variables, credentialsFile }: SigningMeans,
): CredentialsSource | null {
  if (place.kind === 'file') return credentialsFile?.(place.path, store) ?? null;
  if (place.kind === 'none') return null;
  if (place.prefix !== null) return environmentCredentials(store, variables, place.prefix);
  const names = Object.values(environmentNames(store));
  return names.some((name) => variables[name]) ? environmentCredentials(store, variables) : null;
}

async function checkedSigner(
  config: SigningConfig,
  place: HttpPlace,
  credentials: CredentialsSource,
  spell: Spell,
): Promise<Result<Sign, string>> {
  const keyless = await keylessLine(credentials, config.credentials, config.store, spell('credentials'));
  if (keyless !== null) return { ok: false, faults: [keyless] };
  const faults = nameFaults(config, place, spell);
  const bucket = config.bucketName ?? place.name;
  if (faults.length > 0 || bucket === undefined) return { ok: false, faults };
  const region = regionOf(config.store, config.region, place);
  const choice = { signature: config.signature, region };
  return { ok: true, value: signerFor(config.store, choice, { bucket, credentials }) };
}

/** Why the bucket's name or its region in signatures is unknown. */
function nameFaults(config: SigningConfig, place: HttpPlace, spell: Spell): readonly string[] {
  const bucket = config.bucketName ?? place.name;
  const region = regionOf(config.store, config.region, place);
  const { v1, exampleRegion } = SIGNING[config.store];
  const lines: string[] = [];
  if (bucket === undefined)
    lines.push(missing(spell('bucketName'), 'name', spell('bucketName', 'my-bucket')));
  if (region === null && config.signature !== 'v1') {
    const without = v1 === null ? '' : `, or ${spell('signature', 'v1')}, which needs none`;
    lines.push(missing(spell('region'), 'region', spell('region', exampleRegion) + without));
  }
  return lines;
}

/** Why there are no keys at a place, or null. `option`: what the line is about. */
export async function keylessLine(
  credentials: CredentialsSource,
  place: CredentialsPlace,
  store: Dialect,
  option: string,
): Promise<string | null> {
  try {
    if ((await credentials()) !== null) return null;
  } catch (error) {
    return `${option}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { id, secret } = environmentNames(store, (place.kind === 'environment' && place.prefix) || undefined);
  return `${option}: there are no keys: set ${id} and ${secret}`;
}

const missing = (option: string, what: string, write: string): string =>
  `${option} is missing: there are keys for signing, and a signature contains the bucket's ${what}, which its ` +
  `address does not contain; write ${write}`;
