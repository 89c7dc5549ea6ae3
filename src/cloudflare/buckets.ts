import { withHost } from '../bucket/address.ts';
import type { Sign } from '../bucket/transport.ts';
import type { BucketConfig } from '../config/file.ts';
import { type SignerFault, signerFor, variableCredentials } from '../config/signer.ts';
import { asKey, asVariable, type Spell } from '../config/spell.ts';
import { variableToken } from '../config/token.ts';
import type { Variables } from '../config/variables.ts';
import { faultText } from '../document/fault.ts';
import type { Bucket } from '../edge/route.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { Source } from '../rules/source.ts';
import { openSource } from './kv-source.ts';
import type { Kv } from './platform.ts';

/** A bucket that is ready to be served. */
export interface OpenedBucket {
  readonly ruled: RuledBucket;
  readonly route: Omit<Bucket, 'rules'>;
  readonly preload: boolean;
}

/** Opens buckets, or gives one plain line for each thing that is wrong. */
export async function openBuckets(
  configs: readonly BucketConfig[],
  variables: Variables,
  kv: Kv | null,
): Promise<readonly OpenedBucket[] | { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const opened: OpenedBucket[] = [];
  for (const config of configs) {
    const bucket = await openOne(config, variables, kv);
    if ('route' in bucket) opened.push(bucket);
    else
      lines.push(
        ...bucket.lines.map((line) => (config.name === '' ? line : `bucket ${config.name}: ${line}`)),
      );
  }
  return lines.length > 0 ? { lines } : opened;
}

async function openOne(
  config: BucketConfig,
  variables: Variables,
  kv: Kv | null,
): Promise<OpenedBucket | { readonly lines: readonly string[] }> {
  const {
    bucket: place,
    rules,
    rulesToken,
    hosts,
    prefix,
    keepPrefix,
    trustForwarded,
    forwarded,
    preload,
  } = config;
  const { dangerouslyPassProxyCommands: passProxyCommands } = config;
  const spell = config.name === '' ? asVariable : asKey;
  if (place?.kind !== 'http') return { lines: [`${spell('bucket')} is missing`] };
  const { base, host, path } = place.address;
  // `fetch` takes the Host header from the URL.
  const address = { base: withHost(base, host), host, path };
  const sign = rules.kind === 'bucket' ? await signerOf(config, place, variables, spell) : undefined;
  if (typeof sign === 'object') return sign;
  const token = rulesToken?.kind === 'environment' ? variableToken(rulesToken.name, variables) : undefined;
  const source = openSource(rules, { address, sign, token, kv });
  if (source === null) return { lines: [`${spell('rules')} names a place that Workers don't have`] };
  const lines = await faultyDocument(source, spell);
  if (lines.length > 0) return { lines };
  const { store: dialect, vary, dangerouslyAllowCredentials } = config;
  const name = config.name || host + path;
  return {
    ruled: {
      name,
      key: await keyFor(name, config),
      source,
      behaviour: { dialect, vary, dangerouslyAllowCredentials },
    },
    route: {
      name,
      address,
      keepPrefix,
      trustForwarded,
      forwarded,
      passProxyCommands,
      timeouts: { connect: config.bucketConnectTimeout, head: config.bucketHeadTimeout },
      ...(hosts !== undefined && { hosts }),
      ...(prefix !== undefined && { prefix }),
    },
    preload,
  };
}

type HttpPlace = Extract<BucketConfig['bucket'], { kind: 'http' }>;

async function signerOf(
  config: BucketConfig,
  place: HttpPlace,
  variables: Variables,
  spell: Spell,
): Promise<Sign | SignerFault | undefined> {
  const { credentials } = config;
  if (credentials.kind !== 'environment') return undefined;
  const keys = variableCredentials(config, credentials.prefix, variables);
  return keys === null ? undefined : signerFor(config, place, keys, spell);
}

/** A document that somebody wrote for this edge must be right before anything is served (promise 6). */
async function faultyDocument(source: Source, spell: Spell): Promise<readonly string[]> {
  if (source.kind !== 'inline') return [];
  const loaded = await source.load(AbortSignal.timeout(5_000));
  if (loaded.outcome !== 'unknown') return [];
  return (loaded.faults ?? []).map((fault) => `${spell('rules')} ${faultText(fault)}`);
}

const NAME_IN_KEY = 200;

/** The same in every place that serves this bucket by these rules, and for no other: KV is shared by all. */
async function keyFor(name: string, { bucket, rules }: BucketConfig): Promise<string> {
  return `${name.slice(0, NAME_IN_KEY)}-${(await digestOf([bucket, rules])).slice(0, 16)}`;
}

/** SHA-256 of a value's JSON, in hexadecimal. */
export async function digestOf(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
