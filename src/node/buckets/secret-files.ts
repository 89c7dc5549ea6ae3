import type { BucketConfig } from '../../config/file.ts';
import type { OptionName } from '../../config/options.ts';
import type { Config } from '../../config/read.ts';
import { asFlag, asKey, type Spell } from '../../config/spell.ts';
import type { CredentialsPlace, TokenPlace } from '../../config/values.ts';
import { aboutBucket } from '../../open/bucket.ts';
import { foldersAround } from './within-folder.ts';

/** The options that name a file with a secret, and what is in it. */
const SECRETS = {
  credentials: 'the keys',
  clientKeys: 'the keys',
  bucketKeys: 'the keys',
  rulesToken: 'the token',
  adminToken: 'the token',
  adminMetricsToken: 'the token',
  tlsKey: 'the key',
} as const satisfies Partial<Record<OptionName, string>>;

type SecretOption = keyof typeof SECRETS;

/** A file that no client may read or replace. */
export interface SecretFile {
  readonly path: string;
  /** As the operator writes the option: `--credentials`. */
  readonly option: string;
  /** What is in it. */
  readonly content: string;
}

/** The files with secrets that options name. */
export function secretFiles(
  values: Partial<Pick<Config, SecretOption>>,
  options: readonly SecretOption[],
  spell: (option: SecretOption) => string,
): readonly SecretFile[] {
  return options.flatMap((option) =>
    pathsIn(values[option] ?? []).map((path) => ({ path, option: spell(option), content: SECRETS[option] })),
  );
}

type Place = CredentialsPlace | TokenPlace;

function pathsIn(value: string | Place | readonly Place[]): readonly string[] {
  if (typeof value === 'string') return [value];
  return [value].flat().flatMap((place) => (place.kind === 'file' ? place.path : []));
}

export const OF_BUCKET = ['credentials', 'clientKeys', 'bucketKeys', 'rulesToken'] as const;
export const OF_STORE = ['credentials', 'clientKeys', 'rulesToken'] as const;
export const OF_EDGE = ['adminToken', 'adminMetricsToken', 'tlsKey'] as const;

const spellOf = ({ name }: BucketConfig): Spell => (name === '' ? asFlag : asKey);

/**
 * Files with secrets that lie in a served folder, where clients could read and replace them as objects: those of the
 * buckets, and others. One line for each file and folder.
 */
export async function servedSecrets(
  configs: readonly BucketConfig[],
  others: readonly SecretFile[],
): Promise<readonly string[]> {
  const served = new Map<string, BucketConfig>();
  for (const config of configs) if (config.bucket?.kind === 'folder') served.set(config.bucket.path, config);
  if (served.size === 0) return [];
  const around = await foldersAround([...served.keys()]);
  const linesOf = async ({ path, option, content }: SecretFile): Promise<readonly string[]> =>
    (await around(path)).map((folder) => {
      const config = served.get(folder);
      const bucket = config === undefined ? '' : spellOf(config)('bucket');
      return (
        `${option} ${path} lies in the folder that ${bucket} ${folder} serves, and clients could read and ` +
        `replace ${content} as an object; write a file outside of it`
      );
    });
  const lines: string[] = [];
  for (const file of others) lines.push(...(await linesOf(file)));
  for (const config of configs)
    for (const file of secretFiles(config, OF_BUCKET, spellOf(config)))
      lines.push(...(await linesOf(file)).map((line) => aboutBucket(config, line)));
  return lines;
}
