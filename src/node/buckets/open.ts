import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Read } from '../../bucket/read.ts';
import type { BucketConfig } from '../../config/file.ts';
import { asFlag, asKey, type Spell } from '../../config/spell.ts';
import type { Guard } from '../../edge/guard.ts';
import { hostsOf } from '../../edge/host.ts';
import type { Bucket } from '../../edge/route.ts';
import { LOAD_TIMEOUT, loadOnce } from '../../rules/load.ts';
import { keyOfHere, type RuledBucket } from '../../rules/ruled-bucket.ts';
import type { Source } from '../../rules/source.ts';
import { isThisMachine, type Reach } from '../reach.ts';
import { startFault, startFaultLines } from '../start-fault.ts';
import { type OpenBucket, openBucket, openSource } from './place.ts';
import { openSigner } from './signer.ts';
import { tokenFrom } from './token.ts';

/** A bucket that is ready to be served. */
export interface OpenedBucket {
  readonly config: BucketConfig;
  readonly ruled: RuledBucket;
  readonly route: Omit<Bucket, 'rules'>;
  /** What is behind it; two configurations of one place share it. */
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
  /** How rules are read that are kept elsewhere. */
  readonly read: Read;
  /** Where the edge listens, which decides how a folder is served. */
  readonly exposure: Exposure;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tells what is allowed and unwise. */
  readonly warn: (message: string) => void;
}

/**
 * Opens buckets; one whose configuration is the same as before stays as it is. Rejects with a start fault that has
 * the lines of all that can't be opened, and leaves none of the new ones open.
 */
export async function openBuckets(
  configs: readonly BucketConfig[],
  before: readonly OpenedBucket[],
  options: OpenOptions,
): Promise<readonly OpenedBucket[]> {
  const known = new Map(before.map((bucket) => [bucket.config.name, bucket]));
  const lines: string[] = [];
  const fresh: OpenedBucket[] = [];
  const opened: OpenedBucket[] = [];
  for (const config of configs) {
    const same = known.get(config.name);
    if (same !== undefined && isDeepStrictEqual(same.config, config)) {
      opened.push(same);
      continue;
    }
    try {
      // Other options for the same place must not break off what is being transferred.
      const open = isDeepStrictEqual(same?.config.bucket, config.bucket) ? same?.open : undefined;
      const bucket = await openOne(config, options, open);
      fresh.push(bucket);
      opened.push(bucket);
    } catch (error) {
      lines.push(...linesOf(error).map((line) => aboutBucket(config, line)));
    }
  }
  if (lines.length === 0) return opened;
  const kept = new Set(before.map(({ open }) => open));
  for (const { open } of fresh) if (!kept.has(open)) await open.close();
  throw startFault(lines);
}

/** The one that the command line names has no name of its own there; in a configuration file each has. */
const aboutBucket = ({ name }: BucketConfig, line: string): string =>
  name === '' ? line : `bucket ${name}: ${line}`;

const linesOf = (error: unknown): readonly string[] =>
  startFaultLines(error) ?? [error instanceof Error ? error.message : String(error)];

async function openOne(
  config: BucketConfig,
  { exposure, env, read, warn }: OpenOptions,
  earlier: OpenBucket | undefined,
): Promise<OpenedBucket> {
  const { bucket: place, hosts, prefix, keepPrefix, keepHost, trustForwarded, forwarded } = config;
  const { dangerouslyPassProxyCommands: passProxyCommands } = config;
  const spell = config.name === '' ? asFlag : asKey;
  if (place === null) throw startFault([`${spell('bucket')} is missing: write where the bucket is`]);
  if (place.kind === 'folder') refuseOpenFolder(config, place.path, exposure, spell);
  // Nothing but the bucket's own rules is signed for.
  const sign = config.rules.kind === 'bucket' ? await openSigner(config, place, env, spell) : undefined;
  const open = earlier ?? (await openBucket(place, exposure.reach));
  try {
    const source = openSource(config.rules, open, read, { sign, token: tokenFrom(config.rulesToken, env) });
    await refuseFaultyDocument(source, spell);
    const bare = bareToken(config, spell);
    if (bare !== null) warn(aboutBucket(config, bare));
    // A folder asks nothing of the Host.
    const passesHost = keepHost && place.kind === 'http';
    if (passesHost && hosts === undefined) warn(aboutBucket(config, anyHost(spell)));
    const { store: dialect, vary, dangerouslyAllowCredentials } = config;
    const name = config.name || open.name;
    return {
      config,
      ruled: {
        name,
        key: keyFor(name, config),
        source,
        behaviour: { dialect, vary, dangerouslyAllowCredentials },
      },
      route: {
        name,
        address: open.address,
        keepPrefix,
        keepHost: passesHost,
        trustForwarded,
        forwarded,
        passProxyCommands,
        ...(place.kind === 'folder' && { guard: guardOf(config, exposure) }),
        timeouts: { connect: config.bucketConnectTimeout, head: config.bucketHeadTimeout },
        ...(hosts !== undefined && { hosts }),
        ...(prefix !== undefined && { prefix }),
      },
      open,
    };
  } catch (error) {
    if (open !== earlier) await open.close();
    throw error;
  }
}

/** A folder checks no signature: beyond this machine it is open to whoever reaches the edge (promise 1). */
function refuseOpenFolder(
  { dangerouslyOpenBucket }: BucketConfig,
  folder: string,
  { reach, address }: Exposure,
  spell: Spell,
): void {
  if (reach !== 'beyond' || dangerouslyOpenBucket) return;
  throw startFault([
    `${address} lets other machines read and write the folder ${folder}, which checks no signature; ` +
      `write ${spell('dangerouslyOpenBucket', 'true')} if they may, or an address of this machine alone, 127.0.0.1`,
  ]);
}

/** On a socket or beyond this machine the edge can't know under which names it is asked. */
const guardOf = ({ hosts = [] }: BucketConfig, { reach, names }: Exposure): Guard => ({
  names: reach === 'loopback' ? hostsOf([...names, ...hosts]) : null,
});

/** The same for every process that serves this bucket from this place by these rules, and for no other. */
function keyFor(name: string, { bucket, rules }: BucketConfig): string {
  const place = bucket?.kind === 'folder' ? { ...bucket, path: resolve(bucket.path) } : bucket;
  const digest = createHash('sha256')
    .update(JSON.stringify([place, rules]))
    .digest('hex');
  const key = `${name}-${digest.slice(0, 16)}`;
  return isLocal(place) ? keyOfHere(key) : key;
}

/** The same words mean another bucket on another machine. */
const isLocal = (place: BucketConfig['bucket']): boolean =>
  place?.kind === 'folder' || (place?.kind === 'http' && isThisMachine(place.address.host));

/** A document that somebody wrote for this edge must be right before it starts (promise 6). */
async function refuseFaultyDocument(source: Source, spell: Spell): Promise<void> {
  if (source.kind !== 'file' && source.kind !== 'inline') return;
  const loaded = await loadOnce(source, undefined, LOAD_TIMEOUT);
  if (loaded.outcome !== 'unknown') return;
  if (loaded.faults === undefined) throw startFault([`${spell('rules')}: ${loaded.cause}. ${loaded.cure}`]);
  throw startFault(
    loaded.faults.map(
      ({ place, value, reason, write }) =>
        `${spell('rules')} ${source.name}: ${place}${value === undefined ? '' : ` "${value}"`} ${reason}; write ${write}`,
    ),
  );
}

/** A store of many buckets tells them apart by the Host, which is then the client's to choose. */
const anyHost = (spell: Spell): string =>
  `${spell('keepHost')}: a client can name any other bucket of the store; write a configuration file that names the bucket's hosts`;

/** Whoever is on the way reads a token that goes over plain HTTP, at every load; on this machine nobody is. */
function bareToken({ rules, rulesToken }: BucketConfig, spell: Spell): string | null {
  if (rulesToken === null || rules.kind !== 'url') return null;
  const { protocol, host } = new URL(rules.url);
  if (protocol !== 'http:' || isThisMachine(host)) return null;
  return `${spell('rulesToken')}: the token goes to ${host} in the clear; write an https:// URL for ${spell('rules')}`;
}
