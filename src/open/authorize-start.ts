import { environmentNames } from '../bucket/sign/environment.ts';
import type { BucketPlace } from '../config/bucket-url.ts';
import type { BucketConfig } from '../config/file.ts';
import type { OptionName } from '../config/options.ts';
import type { Spell } from '../config/spell.ts';
import type { CredentialsPlace } from '../config/values.ts';
import type { Access } from './access.ts';
import { credentialsAt, missingKeys, nameFaults, type SigningMeans } from './signer.ts';

type Asked = Pick<
  BucketConfig,
  | 'objects'
  | 'store'
  | 'signature'
  | 'bucketName'
  | 'region'
  | 'credentials'
  | 'clientKeys'
  | 'keepHost'
  | 'hosts'
>;

/** Why a bucket cannot be served with its `objects`, one line each; none for `pass`. */
export async function authorizeFaults(
  config: Asked,
  place: BucketPlace,
  means: SigningMeans,
  spell: Spell,
): Promise<readonly string[]> {
  const { objects, keepHost, hosts, store } = config;
  if (objects === 'pass') return [];
  if (place.kind === 'folder') {
    const line = `${spell('objects', objects)} is for a bucket with an address: a folder checks no signature`;
    return [`${line}; write ${spell('objects', 'pass')}`];
  }
  const lines: string[] = [];
  // An S3 signature covers the Host, and the Host selects the bucket.
  if (objects === 'sign' && store === 's3' && keepHost && hosts === undefined) {
    lines.push(
      `${spell('keepHost')} with ${spell('objects', 'sign')}: a client could read any other bucket of these keys ` +
        'by its Host; write a configuration file that names the hosts of the bucket',
    );
  }
  return [...lines, ...(await keyFaults(config, means, spell)), ...nameFaults(config, place, spell)];
}

async function keyFaults(config: Asked, means: SigningMeans, spell: Spell): Promise<readonly string[]> {
  const { objects, store, credentials, clientKeys } = config;
  const places: (readonly [OptionName, CredentialsPlace])[] = [['credentials', credentials]];
  if (objects === 'resign') for (const place of clientKeys ?? []) places.push(['clientKeys', place]);
  const lines: string[] = [];
  let sources = 0;
  for (const [option, place] of places) {
    const source = credentialsAt(place, store, means);
    if (source === null && place.kind === 'file') lines.push(noFiles(spell(option)));
    if (source === null) continue;
    sources += 1;
    const keyless = await missingKeys(source, place, store, spell(option));
    if (keyless !== null) lines.push(keyless);
  }
  if (sources > 0 || lines.length > 0) return lines;
  const { id, secret } = environmentNames(store);
  return [`${spell('objects', objects)}: there are no keys to sign with: set ${id} and ${secret}`];
}

const noFiles = (option: string): string =>
  `${option} is a file, and this platform has none; write env or env:PREFIX`;

/** What a bucket's `objects` opens to all clients, for the log of the start. Never rejects. */
export async function authorizeWarnings(access: Access, means: SigningMeans): Promise<readonly string[]> {
  const { objects, signPrefix, bucketName, store, credentials } = access;
  if (objects !== 'sign') return [];
  const keys = await Promise.resolve(credentialsAt(credentials, store, means)?.()).catch(() => null);
  const which = signPrefix === '' ? 'all objects' : `the objects under ${signPrefix}`;
  const by = keys ? `, signed with the key ${keys.accessKeyId.slice(0, SHOWN)}…` : '';
  return [`every client of this edge can read ${which} of ${bucketName ?? 'the bucket'}${by}`];
}

/** Characters of a key id that the log shows. The id alone opens nothing, but is no one else's business. */
const SHOWN = 4;
