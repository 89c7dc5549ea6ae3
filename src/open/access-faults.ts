import { SIGNING } from '../bucket/sign/signing.ts';
import type { BucketPlace } from '../config/bucket-url.ts';
import type { BucketConfig } from '../config/file.ts';
import type { Spell } from '../config/spell.ts';
import type { Register } from '../rules/register.ts';
import type { Access } from './access.ts';
import { keyFaults } from './key-faults.ts';
import type { SigningMeans } from './signer.ts';

export interface AccessFaultMeans extends SigningMeans {
  readonly spell: Spell;
  /** Null: nothing is stored outside the process. */
  readonly register: Register | null;
  /** What the operator writes so that there is a register. */
  readonly registerWrite: string;
}

type Asked = Pick<BucketConfig, 'store' | 'credentials' | 'clientKeys' | 'keepHost' | 'hosts'>;

/**
 * What a bucket lacks whose rules clients write (`--management keep`), or whose requests the edge signs (`--objects`), one
 * line each; none for others.
 */
export async function accessFaults(
  config: Asked,
  access: Access,
  place: BucketPlace,
  means: AccessFaultMeans,
): Promise<readonly string[]> {
  const { spell, register, registerWrite } = means;
  const keeps = access.management === 'keep';
  const signs = signsObjects(access, place);
  const needing = [
    ...(keeps ? [spell('management', 'keep')] : []),
    ...(signs ? [spell('objects', access.objects)] : []),
  ];
  const lines = objectFaults(config, access, place, spell);
  if (needing.length === 0) return lines;
  const because = needing.join(' and ');
  const ofClients = keeps || access.objects === 'resign';
  const storage = `${spell('management', 'keep')}: there is no storage for the rules; write ${registerWrite}`;
  return [
    ...(keeps && register === null ? [storage] : []),
    ...lines,
    ...(await keyFaults(config, ofClients, means, spell, because)),
    ...nameFaults(access, signs, ofClients, spell, because),
  ];
}

/** Whether the edge signs the requests for a bucket's objects. */
export const signsObjects = ({ objects }: Access, place: BucketPlace): boolean =>
  objects !== 'pass' && place.kind === 'http';

function objectFaults(
  { keepHost, hosts }: Asked,
  { objects, store }: Access,
  place: BucketPlace,
  spell: Spell,
): readonly string[] {
  if (objects !== 'pass' && place.kind === 'folder') {
    const line = `${spell('objects', objects)} is for a bucket with an address, not for a folder`;
    return [`${line}; write ${spell('objects', 'pass')}`];
  }
  // An S3 signature covers the Host, and the Host selects the bucket.
  if (objects !== 'sign' || store !== 's3' || !keepHost || hosts !== undefined) return [];
  return [
    `${spell('keepHost')} with ${spell('objects', 'sign')}: a client could read any other bucket of these keys ` +
      'by its Host; write a configuration file that names the hosts of the bucket',
  ];
}

/** What signatures contain. For `keep` alone, S3's have the bucket in the request itself. */
function nameFaults(
  { store, bucketName, region, signature }: Access,
  signs: boolean,
  ofClients: boolean,
  spell: Spell,
  because: string,
): readonly string[] {
  const lines: string[] = [];
  const missing = (option: 'bucketName' | 'region', what: string, write: string): void => {
    const line = `${spell(option)} is missing: with ${because} signatures contain the bucket's ${what}, which its address does not contain`;
    lines.push(`${line}; write ${write}`);
  };
  if (bucketName === null && (store === 'oss' || signs))
    missing('bucketName', 'name', spell('bucketName', 'my-bucket'));
  if (region === null && signature !== 'v1') {
    const { v1, exampleRegion } = SIGNING[store];
    const when = ofClients ? ' if all clients sign with V1' : ', which needs none';
    const or = v1 === null ? '' : `, or ${spell('signature', 'v1')}${when}`;
    missing('region', 'region', spell('region', exampleRegion) + or);
  }
  return lines;
}
