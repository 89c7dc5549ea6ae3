import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Read } from '../../bucket/read.ts';
import type { BucketConfig } from '../../config/file.ts';
import { asFlag, asKey, type Spell } from '../../config/spell.ts';
import type { Result } from '../../document/fault.ts';
import type { Guard } from '../../edge/bucket.ts';
import { hostsOf } from '../../edge/host.ts';
import { aboutBucket, openConfigured, type ReadyBucket } from '../../open/bucket.ts';
import type { Register } from '../../rules/register.ts';
import { keyOf, keyOfHere } from '../../rules/ruled-bucket.ts';
import { kindOf } from '../../rules/sources/kinds.ts';
import { isThisMachine, type Reach } from '../reach.ts';
import { startFault } from '../start-fault.ts';
import { fileCredentials } from './credentials.ts';
import { fileSource } from './file-source.ts';
import { folderKeyFaults, folderKeysOf, sharedNames } from './folder-keys.ts';
import { type OpenBucket, openBucket } from './place.ts';
import { type SecretFile, servedSecrets } from './secret-files.ts';
import { fileToken } from './token.ts';
import { isWithin } from './within-folder.ts';

export interface OpenedBucket extends Omit<ReadyBucket, 'warnings'> {
  readonly config: BucketConfig;
  /** Two configurations of one place share it. */
  readonly open: OpenBucket;
}

/** How the edge is reached. */
export interface Exposure {
  readonly reach: Reach;
  /** The address it listens on, as it was configured: `--host 0.0.0.0`. */
  readonly address: string;
  /** Host names of the edge itself. */
  readonly names: readonly string[];
}

export interface OpenOptions {
  /** Reads rules documents over HTTP. */
  readonly read: Read;
  /** Where the edge listens, which decides how a folder is served. */
  readonly exposure: Exposure;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where rules that clients write are stored; null: nowhere. */
  readonly register: Register | null;
  /** The state directory, and the option that names it; null without one. */
  readonly state: { readonly folder: string; readonly option: string } | null;
  /** Files with secrets beside those of the buckets. */
  readonly secrets: readonly SecretFile[];
  /** Logs a permitted but unsafe configuration. */
  readonly warn: (message: string) => void;
}

/**
 * Opens buckets. A bucket with an unchanged configuration is reused. Rejects with a start fault that lists every bucket
 * that cannot be opened, and closes the new ones.
 */
export async function openBuckets(
  configs: readonly BucketConfig[],
  before: readonly OpenedBucket[],
  options: OpenOptions,
): Promise<readonly OpenedBucket[]> {
  const known = new Map(before.map((bucket) => [bucket.config.name, bucket]));
  const lines = [...(await servedSecrets(configs, options.secrets))];
  const fresh: OpenedBucket[] = [];
  const opened: OpenedBucket[] = [];
  for (const config of configs) {
    const same = known.get(config.name);
    if (same !== undefined && isDeepStrictEqual(same.config, config)) {
      opened.push(same);
      continue;
    }
    try {
      // Other options for the same place must not cut transfers.
      const open = same !== undefined && isSamePlace(same.config, config) ? same.open : undefined;
      const result = await openOne(config, options, open);
      if (result.ok) {
        fresh.push(result.value);
        opened.push(result.value);
      } else lines.push(...result.faults.map((line) => aboutBucket(config, line)));
    } catch (error) {
      lines.push(aboutBucket(config, error instanceof Error ? error.message : String(error)));
    }
  }
  lines.push(...sharedRegisterKeys(opened), ...sharedNames(opened));
  if (lines.length === 0) return opened;
  const inUse = new Set(before.map(({ open }) => open));
  for (const { open } of fresh) if (!inUse.has(open)) await open.close();
  throw startFault(lines);
}

/** Whether one server serves both: a folder is served with its keys, and by its name. */
function isSamePlace(one: BucketConfig, other: BucketConfig): boolean {
  if (!isDeepStrictEqual(one.bucket, other.bucket)) return false;
  if (one.bucket?.kind !== 'folder') return true;
  const servedAs = ({ bucketKeys, bucketName, store, prefix, keepPrefix }: BucketConfig) =>
    bucketKeys === null ? null : { bucketKeys, bucketName, store, prefix, keepPrefix };
  return isDeepStrictEqual(servedAs(one), servedAs(other));
}

/** Two buckets of one key would overwrite each other's rules. */
function sharedRegisterKeys(opened: readonly OpenedBucket[]): readonly string[] {
  const seen = new Set<string>();
  return opened.flatMap(({ config, access: { management, registerKey } }) => {
    if (management !== 'keep') return [];
    const isTaken = seen.has(registerKey);
    seen.add(registerKey);
    const line = `the rules of two buckets would be stored under one name, ${registerKey}; write another name for one of them`;
    return isTaken ? [aboutBucket(config, line)] : [];
  });
}

async function openOne(
  config: BucketConfig,
  { exposure, env, read, warn, register, state }: OpenOptions,
  earlier: OpenBucket | undefined,
): Promise<Result<OpenedBucket, string>> {
  const spell = config.name === '' ? asFlag : asKey;
  const { bucket: place } = config;
  if (place === null) return refused(`${spell('bucket')} is missing: write where the bucket is`);
  const exposed = place.kind === 'folder' ? exposedFolder(config, place.path, exposure, spell) : null;
  if (exposed !== null) return refused(exposed);
  if (state !== null && place.kind === 'folder' && (await isWithin(state.folder, place.path)))
    return refused(servedState(state, place.path, spell));
  if (register?.amongMachines && isUnnamedHere(config, place)) return refused(unnamed(spell));
  const means = { ...FILES, read, variables: env, spell, register, registerWrite: registerWrite(spell) };
  const keyless = place.kind === 'folder' ? await folderKeyFaults(config, means, spell) : [];
  if (keyless.length > 0) return { ok: false, faults: keyless };
  const open = earlier ?? (await openBucket(place, exposure.reach, folderKeysOf(config, means)));
  try {
    const opened = await openConfigured(config, absolute(place), open, means);
    if (!opened.ok) {
      if (open !== earlier) await open.close();
      return opened;
    }
    for (const warning of [...warningsOf(config, spell), ...opened.value.warnings])
      warn(aboutBucket(config, warning));
    const { ruled, route, access } = opened.value;
    const bucket: OpenedBucket = {
      config,
      access,
      ruled:
        access.management !== 'keep' && isHere(place, config)
          ? { ...ruled, key: keyOfHere(keyOf(ruled)) }
          : ruled,
      route: isOpenFolder(config) ? { ...route, guard: guardOf(config, exposure) } : route,
      open,
    };
    return { ok: true, value: bucket };
  } catch (error) {
    if (open !== earlier) await open.close();
    throw error;
  }
}

/** What the operator writes so that there is a register. */
export const registerWrite = (spell: Spell): string =>
  `${spell('stateDir', './state')} or ${spell('redis', 'redis://127.0.0.1:6379')}`;

const refused = (line: string): Result<never, string> => ({ ok: false, faults: [line] });

/** How this platform reads files. */
export const FILES = { file: fileSource, credentialsFile: fileCredentials, tokenFile: fileToken };

type Place = NonNullable<BucketConfig['bucket']>;

/** A relative path names another folder in another working directory. */
const absolute = (place: Place): Place =>
  place.kind === 'folder' ? { ...place, path: resolve(place.path) } : place;

/** Permitted but unsafe configurations. */
function warningsOf(config: BucketConfig, spell: Spell): readonly string[] {
  const { bucket, keepHost, hosts } = config;
  const bare = bareToken(config, spell);
  return [
    ...(bare === null ? [] : [bare]),
    ...(keepHost && bucket?.kind === 'http' && hosts === undefined ? [anyHost(spell)] : []),
  ];
}

/** A folder without keys checks no signature: on other interfaces every client of the edge could read and write it (promise 1). */
function exposedFolder(
  { dangerouslyOpenBucket, bucketKeys }: BucketConfig,
  folder: string,
  { reach, address }: Exposure,
  spell: Spell,
): string | null {
  if (reach !== 'beyond' || dangerouslyOpenBucket || bucketKeys !== null) return null;
  return (
    `${address} lets other machines read and write the folder ${folder}, which checks no signature; ` +
    `write ${spell('dangerouslyOpenBucket', 'true')} if they may, ${spell('bucketKeys', 'file:keys.json')} if they must sign, or an address of this machine alone, 127.0.0.1`
  );
}

/** A folder without keys checks no signature; with keys no page can do what its user's key does not allow. */
const isOpenFolder = ({ bucket, bucketKeys }: BucketConfig): boolean =>
  bucket?.kind === 'folder' && bucketKeys === null;

/** Clients write the rules of a bucket on this machine only that no option names. */
const isUnnamedHere = ({ management, name, bucketName }: BucketConfig, place: Place): boolean =>
  management === 'keep' && name === '' && bucketName === null && isPlaceHere(place);

const unnamed = (spell: Spell): string =>
  `${spell('bucketName')} is missing: with ${spell('redis')} edges share the rules that clients write, and ` +
  `${spell('bucket')} can be another bucket on another machine; write ${spell('bucketName', 'my-bucket')}, the same name ` +
  'on edges that share the rules';

/** Clients would read and write the files of the state directory as objects. */
const servedState = (
  { folder, option }: NonNullable<OpenOptions['state']>,
  bucket: string,
  spell: Spell,
): string =>
  `${option} ${folder} lies in the folder that ${spell('bucket')} ${bucket} serves, and clients could replace the rules ` +
  'stored there; write a folder outside of it';

/** On a socket or on other interfaces the edge cannot know the host names that clients use. */
const guardOf = ({ hosts = [] }: BucketConfig, { reach, names }: Exposure): Guard => ({
  names: reach === 'loopback' ? hostsOf([...names, ...hosts]) : null,
});

/** On another machine the same configuration names another bucket, or other rules. */
export function isHere(place: Place, { rules }: Pick<BucketConfig, 'rules'>): boolean {
  const url = kindOf(rules).tokenUrl?.(rules);
  if (url !== undefined && isThisMachine(new URL(url).host)) return true;
  return isPlaceHere(place);
}

export const isPlaceHere = (place: Place): boolean =>
  place.kind === 'folder' || isThisMachine(place.address.host);

/** A store with many buckets selects one by the Host header, which the client chooses. */
const anyHost = (spell: Spell): string =>
  `${spell('keepHost')}: a client can name any other bucket of the store; write a configuration file that names the bucket's hosts`;

/** Over plain HTTP every hop can read the token at every load; on loopback there is no hop. */
export function bareToken(
  { rules, rulesToken }: Pick<BucketConfig, 'rules' | 'rulesToken'>,
  spell: Spell,
): string | null {
  const url = kindOf(rules).tokenUrl?.(rules);
  if (rulesToken === null || url === undefined) return null;
  const { protocol, host } = new URL(url);
  if (protocol !== 'http:' || isThisMachine(host)) return null;
  return `${spell('rulesToken')}: the token goes to ${host} in the clear; write an https:// URL for ${spell('rules')}`;
}
