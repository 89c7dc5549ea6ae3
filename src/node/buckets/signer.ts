import type { CredentialsSource } from '../../bucket/sign/credentials.ts';
import type { Values } from '../../bucket/sign/environment.ts';
import type { Sign } from '../../bucket/transport.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import { type SigningConfig, signerFor, variableCredentials } from '../../config/signer.ts';
import type { Spell } from '../../config/spell.ts';
import { startFault } from '../start-fault.ts';
import { fileCredentials } from './credentials.ts';

/**
 * Makes what signs `GET /?cors`; undefined where nothing is to be signed with. Rejects with a start fault when
 * keys were asked for and are not there, or when the bucket's name or region is not known.
 */
export async function openSigner(
  config: SigningConfig,
  place: BucketPlace,
  env: Values,
  spell: Spell,
): Promise<Sign | undefined> {
  if (place.kind === 'folder') return undefined;
  const credentials = credentialsOf(config, env);
  if (credentials === null) return undefined;
  const signer = await signerFor(config, place, credentials, spell);
  if ('lines' in signer) throw startFault(signer.lines);
  return signer;
}

function credentialsOf(config: SigningConfig, env: Values): CredentialsSource | null {
  const { credentials, store } = config;
  if (credentials.kind === 'none') return null;
  if (credentials.kind === 'file') return fileCredentials(credentials.path, store);
  return variableCredentials(config, credentials.prefix, env);
}
