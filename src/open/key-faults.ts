import { environmentNames } from '../bucket/sign/environment.ts';
import type { BucketConfig } from '../config/file.ts';
import type { OptionName } from '../config/options.ts';
import type { Spell } from '../config/spell.ts';
import type { CredentialsPlace } from '../config/values.ts';
import { credentialsAt, keylessLine, type SigningMeans } from './signer.ts';

type Asked = Pick<BucketConfig, 'store' | 'credentials' | 'clientKeys'>;

/**
 * Why the keys of a bucket are missing, one line for each place. `because`: the options that need keys; `ofClients`: with
 * the further keys that clients may sign with.
 */
export async function keyFaults(
  { store, credentials, clientKeys }: Asked,
  ofClients: boolean,
  means: SigningMeans,
  spell: Spell,
  because: string,
): Promise<readonly string[]> {
  const places: (readonly [OptionName, CredentialsPlace])[] = [['credentials', credentials]];
  if (ofClients) for (const place of clientKeys ?? []) places.push(['clientKeys', place]);
  const lines = new Set<string>();
  let sources = 0;
  for (const [option, place] of places) {
    const source = credentialsAt(place, store, means);
    if (source === null && place.kind === 'file')
      lines.add(`${spell(option)} is a file, and this platform has none; write env or env:PREFIX`);
    if (source === null) continue;
    sources += 1;
    const keyless = await keylessLine(source, place, store, spell(option));
    if (keyless !== null) lines.add(keyless);
  }
  if (sources > 0 || lines.size > 0) return [...lines];
  const { id, secret } = environmentNames(store);
  const orFile = means.credentialsFile === undefined ? '' : `, or write ${spell('credentials', 'file:PATH')}`;
  return [`${because}: there are no keys to sign with: set ${id} and ${secret}${orFile}`];
}
