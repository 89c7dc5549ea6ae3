import type { CredentialsSource } from '../bucket/sign/credentials.ts';
import { signOssV1 } from '../bucket/sign/oss-v1.ts';
import { signOssV4 } from '../bucket/sign/oss-v4.ts';
import { signS3V4 } from '../bucket/sign/s3-v4.ts';
import type { Sign } from '../bucket/transport.ts';
import type { BucketPlace } from '../config/place.ts';
import type { Config } from '../config/read.ts';
import { environmentCredentials, environmentNames, fileCredentials } from './credentials.ts';
import type { Spell } from './spell.ts';
import { startFault } from './start-fault.ts';

export type SigningConfig = Pick<Config, 'store' | 'signature' | 'bucketName' | 'region' | 'credentials'>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes what signs `GET /?cors`; undefined where nothing is to be signed with. Rejects with a start fault when
 * keys were asked for and are not there, or when the bucket's name or region is not known.
 */
export async function openSigner(
  config: SigningConfig,
  place: BucketPlace,
  env: Environment,
  spell: Spell,
): Promise<Sign | undefined> {
  if (place.kind === 'folder') return undefined;
  const credentials = credentialsOf(config, env);
  if (credentials === null) return undefined;
  await refuseMissingKeys(credentials, config, spell);
  const bucket = config.bucketName ?? place.name;
  const region = config.region ?? place.region ?? place.defaultRegion;
  const oss = config.store === 'oss';
  const lines: string[] = [];
  if (bucket === undefined)
    lines.push(missing(spell('bucketName'), 'name', spell('bucketName', 'my-bucket')));
  if (region === undefined && config.signature !== 'v1') {
    const v1 = `, or ${spell('signature', 'v1')}, which needs none`;
    const write = oss ? spell('region', 'cn-hangzhou') + v1 : spell('region', 'us-east-1');
    lines.push(missing(spell('region'), 'region', write));
  }
  if (lines.length > 0 || bucket === undefined) throw startFault(lines);
  if (config.signature === 'v1' || region === undefined) return signOssV1({ bucket, credentials });
  const options = { bucket, region, credentials };
  return oss ? signOssV4(options) : signS3V4(options);
}

/** Without a prefix, an environment that has no keys means: unsigned. */
function credentialsOf({ credentials, store }: SigningConfig, env: Environment): CredentialsSource | null {
  if (credentials.kind === 'none') return null;
  if (credentials.kind === 'file') return fileCredentials(credentials.path, store);
  const { prefix } = credentials;
  if (prefix !== null) return environmentCredentials(store, env, prefix);
  const names = Object.values(environmentNames(store));
  return names.some((name) => env[name]) ? environmentCredentials(store, env) : null;
}

async function refuseMissingKeys(
  credentials: CredentialsSource,
  { credentials: place, store }: SigningConfig,
  spell: Spell,
) {
  const found = await Promise.resolve()
    .then(credentials)
    .catch((error: Error) => {
      throw startFault([`${spell('credentials')}: ${error.message}`]);
    });
  if (found !== null) return;
  const { id, secret } = environmentNames(store, (place.kind === 'environment' && place.prefix) || undefined);
  throw startFault([`${spell('credentials')}: there are no keys: set ${id} and ${secret}`]);
}

const missing = (option: string, what: string, write: string): string =>
  `${option} is missing: keys for signing are there, and signatures have the bucket's ${what} in them, which its ` +
  `address does not tell; write ${write}`;
