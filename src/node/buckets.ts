import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Read } from '../bucket/read.ts';
import type { BucketConfig } from '../config/file.ts';
import { asFlag, asKey, type Spell } from '../config/spell.ts';
import type { Bucket } from '../edge/route.ts';
import { keyOfHere, type RuledBucket } from '../rules/held.ts';
import { LOAD_TIMEOUT, loadOnce } from '../rules/load.ts';
import type { Source } from '../rules/source.ts';
import { type OpenBucket, openBucket, openSource } from './bucket.ts';
import { isLoopback } from './directory/rules.ts';
import { openSigner } from './signer.ts';
import { startFault, startFaultLines } from './start-fault.ts';
import { tokenFrom } from './token.ts';

/** A bucket that is ready to be served. */
export interface OpenedBucket {
  readonly config: BucketConfig;
  readonly ruled: RuledBucket;
  readonly route: Omit<Bucket, 'rules'>;
  /** What is behind it; two configurations of one place share it. */
  readonly open: OpenBucket;
}

export interface OpenOptions {
  /** How rules are read that are kept elsewhere. */
  readonly read: Read;
  /** Where the edge listens: rules of a folder may be changed by clients of this machine alone. */
  readonly edgeHost: string;
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
  { edgeHost, env, read, warn }: OpenOptions,
  earlier: OpenBucket | undefined,
): Promise<OpenedBucket> {
  const { bucket: place, hosts, prefix, keepPrefix, keepHost, trustForwarded } = config;
  const spell = config.name === '' ? asFlag : asKey;
  if (place === null) throw startFault([`${spell('bucket')} is missing: write where the bucket is`]);
  // Nothing but the bucket's own rules is signed for.
  const sign = config.rules.kind === 'bucket' ? await openSigner(config, place, env, spell) : undefined;
  const open = earlier ?? (await openBucket(place, edgeHost));
  try {
    const source = openSource(config.rules, open, read, { sign, token: tokenFrom(config.rulesToken, env) });
    await refuseFaultyDocument(source, spell);
    const bare = bareToken(config, spell);
    if (bare !== null) warn(aboutBucket(config, bare));
    if (keepHost && hosts === undefined) warn(aboutBucket(config, anyHost(spell)));
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
        keepHost,
        trustForwarded,
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

/** The same for every process that serves this bucket from this place by these rules, and for no other. */
function keyFor(name: string, { bucket, rules }: BucketConfig): string {
  const place = bucket?.kind === 'folder' ? { ...bucket, path: resolve(bucket.path) } : bucket;
  const digest = createHash('sha256')
    .update(JSON.stringify([place, rules]))
    .digest('hex');
  const key = `${name}-${digest.slice(0, 16)}`;
  return isThisMachine(place) ? keyOfHere(key) : key;
}

/** The same words mean another bucket on another machine. */
const isThisMachine = (place: BucketConfig['bucket']): boolean =>
  place?.kind === 'folder' || (place?.kind === 'http' && isLocalHost(new URL(place.address.base).hostname));

const isLocalHost = (name: string): boolean =>
  name === 'localhost' || isLoopback(name.replace(/^\[|\]$/g, ''));

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
  const { protocol, hostname, host } = new URL(rules.url);
  const address = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'http:' || isLoopback(address) || /^(.+\.)?localhost$/.test(address)) return null;
  return `${spell('rulesToken')}: the token goes to ${host} in the clear; write an https:// URL for ${spell('rules')}`;
}
