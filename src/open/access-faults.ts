import { environmentNames } from '../bucket/sign/environment.ts';
import { SIGNING } from '../bucket/sign/signing.ts';
import type { BucketConfig } from '../config/file.ts';
import type { Spell } from '../config/spell.ts';
import type { Register } from '../rules/register.ts';
import type { Access } from './access.ts';
import { openClientKeys } from './client-keys.ts';
import type { SigningMeans } from './signer.ts';

export interface AccessFaultMeans extends SigningMeans {
  readonly spell: Spell;
  /** Null: nothing is stored outside the process. */
  readonly register: Register | null;
  /** What the operator writes so that there is a register. */
  readonly registerWrite: string;
}

/** What a bucket whose rules clients write lacks (`--management keep`), one line each; none for others. */
export async function accessFaults(
  config: Pick<BucketConfig, 'credentials'>,
  access: Access,
  means: AccessFaultMeans,
): Promise<readonly string[]> {
  if (access.management !== 'keep') return [];
  const { spell, register, registerWrite } = means;
  const because = spell('management', 'keep');
  const keyless = await missingKeys(config, access, means, because);
  return [
    ...(register === null ? [`${because}: there is no storage for the rules; write ${registerWrite}`] : []),
    ...(keyless === null ? [] : [keyless]),
    ...missingNames(access, spell, because),
  ];
}

/** What OSS signatures contain. Of S3 ones the bucket is in the request itself, and the region has a default. */
function missingNames({ store, bucketName, region, signature }: Access, spell: Spell, because: string) {
  const lines: string[] = [];
  const missing = (option: 'bucketName' | 'region', what: string, write: string): void => {
    const line = `${spell(option)} is missing: with ${because} clients sign the bucket's ${what}, which its address does not contain`;
    lines.push(`${line}; write ${write}`);
  };
  if (store === 'oss' && bucketName === null) missing('bucketName', 'name', spell('bucketName', 'my-bucket'));
  if (region === null && signature !== 'v1') {
    const v1 = `${spell('signature', 'v1')} if all of them sign with V1`;
    missing('region', 'region', `${spell('region', SIGNING[store].exampleRegion)}, or ${v1}`);
  }
  return lines;
}

async function missingKeys(
  { credentials }: Pick<BucketConfig, 'credentials'>,
  access: Access,
  means: AccessFaultMeans,
  because: string,
): Promise<string | null> {
  const { spell, credentialsFile } = means;
  const places = [credentials, ...access.clientKeys];
  if (credentialsFile === undefined && places.some(({ kind }) => kind === 'file'))
    return `${spell('clientKeys')} or ${spell('credentials')} is a file, and this platform has none; write env:PREFIX`;
  try {
    const keys = await openClientKeys(access, means)();
    if (keys.length > 0) return null;
  } catch (error) {
    return `${because}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const prefix = credentials.kind === 'environment' ? credentials.prefix : null;
  const { id, secret } = environmentNames(access.store, prefix ?? undefined);
  return `${because}: there are no keys that clients may sign with: set ${id} and ${secret}, or write ${spell('credentials', 'file:PATH')}`;
}
