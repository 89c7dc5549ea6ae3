import type { CredentialsSource } from '../bucket/sign/credentials.ts';
import { environmentCredentials, environmentNames, type Values } from '../bucket/sign/environment.ts';
import { SIGNING } from '../bucket/sign/signing.ts';
import type { Sign } from '../bucket/transport.ts';
import type { BucketPlace } from './bucket-url.ts';
import type { Config } from './read.ts';
import type { Spell } from './spell.ts';

export type SigningConfig = Pick<Config, 'store' | 'signature' | 'bucketName' | 'region' | 'credentials'>;

/** Why nothing can be signed, one plain line for each thing that is wrong. */
export interface SignerFault {
  readonly lines: readonly string[];
}

/**
 * The keys that variables hold for a bucket. Null where it is to be unsigned: without a prefix, variables that have no
 * keys mean that.
 */
export function variableCredentials(
  { store }: Pick<SigningConfig, 'store'>,
  prefix: string | null,
  env: Values,
): CredentialsSource | null {
  if (prefix !== null) return environmentCredentials(store, env, prefix);
  const names = Object.values(environmentNames(store));
  return names.some((name) => env[name]) ? environmentCredentials(store, env) : null;
}

/**
 * Makes what signs `GET /?cors` with these keys; a fault when they are not there, or when the bucket's name or region
 * is not known.
 */
export async function signerFor(
  config: SigningConfig,
  place: Extract<BucketPlace, { kind: 'http' }>,
  credentials: CredentialsSource,
  spell: Spell,
): Promise<Sign | SignerFault> {
  const keyless = await missingKeys(credentials, config, spell);
  if (keyless !== null) return { lines: [keyless] };
  const bucket = config.bucketName ?? place.name;
  const region = config.region ?? place.region ?? place.defaultRegion;
  const { v4, v1, exampleRegion } = SIGNING[config.store];
  const lines: string[] = [];
  if (bucket === undefined)
    lines.push(missing(spell('bucketName'), 'name', spell('bucketName', 'my-bucket')));
  if (region === undefined && config.signature !== 'v1') {
    const without = v1 === null ? '' : `, or ${spell('signature', 'v1')}, which needs none`;
    lines.push(missing(spell('region'), 'region', spell('region', exampleRegion) + without));
  }
  if (lines.length > 0 || bucket === undefined) return { lines };
  if (v1 !== null && (config.signature === 'v1' || region === undefined)) return v1({ bucket, credentials });
  return v4({ bucket, region: region ?? '', credentials });
}

async function missingKeys(
  credentials: CredentialsSource,
  { credentials: place, store }: SigningConfig,
  spell: Spell,
): Promise<string | null> {
  try {
    if ((await credentials()) !== null) return null;
  } catch (error) {
    return `${spell('credentials')}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { id, secret } = environmentNames(store, (place.kind === 'environment' && place.prefix) || undefined);
  return `${spell('credentials')}: there are no keys: set ${id} and ${secret}`;
}

const missing = (option: string, what: string, write: string): string =>
  `${option} is missing: keys for signing are there, and signatures have the bucket's ${what} in them, which its ` +
  `address does not tell; write ${write}`;
