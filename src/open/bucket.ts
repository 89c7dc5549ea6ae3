import type { Read } from '../bucket/read.ts';
import { sha256, utf8 } from '../bucket/sign/bytes.ts';
import type { Address, Sign } from '../bucket/transport.ts';
import type { BucketConfig } from '../config/file.ts';
import type { Spell } from '../config/spell.ts';
import { faultText, type Result } from '../document/fault.ts';
import type { Bucket } from '../edge/bucket.ts';
import { LOAD_TIMEOUT, loadOnce } from '../rules/load.ts';
import type { Register } from '../rules/register.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { Source } from '../rules/source.ts';
import type { KvReader } from '../rules/sources/kind.ts';
import { kindOf } from '../rules/sources/kinds.ts';
import { registerSource } from '../rules/sources/register.ts';
import { type Access, accessOf } from './access.ts';
import { accessFaults, signsObjects } from './access-faults.ts';
import { authorizeWarnings } from './authorize-warnings.ts';
import { openSigner, type SigningMeans } from './signer.ts';
import { openToken, type TokenMeans } from './token.ts';

/** What a platform lends to the buckets that it opens. */
export interface Means extends SigningMeans, TokenMeans {
  /** Reads rules documents over HTTP. */
  readonly read: Read;
  /** Absent: the platform has no files. */
  readonly file?: (path: string) => Source;
  /** Absent: the platform has no KV namespace. */
  readonly kv?: KvReader;
  /** How the operator writes an option of this bucket. */
  readonly spell: Spell;
  /** Where rules that clients write are stored; null: nowhere. */
  readonly register: Register | null;
  /** What the operator writes so that there is a register. */
  readonly registerWrite: string;
  /** Before the place of a fault in a rules document; absent: the option and the source's name. */
  readonly documentPlace?: string;
}

/** Where the platform reaches the bucket. */
export interface ReachedBucket {
  /** The folder's name, or the host with its path. */
  readonly name: string;
  readonly address: Address;
  /** For messages: where the bucket's own rules are. */
  readonly rulesName: string;
  /** Signs the edge's own requests for the rules, where the platform made the bucket and has its keys. */
  readonly sign?: Sign;
}

/** A bucket that is ready to serve. */
export interface ReadyBucket {
  readonly ruled: RuledBucket;
  readonly route: Omit<Bucket, 'rules' | 'management' | 'authorize'>;
  readonly access: Access;
  /** What the bucket opens to all clients, for the log of the start, without the bucket's name. */
  readonly warnings: readonly string[];
}

type Place = NonNullable<BucketConfig['bucket']>;

/** A line with the name of its bucket; a bucket that options alone describe has no name. */
export const aboutBucket = ({ name }: BucketConfig, line: string): string =>
  name === '' ? line : `bucket ${name}: ${line}`;

/** Opens a configured bucket: its signer, token, source and route. Each fault is one line, without the bucket's name. */
export async function openConfigured(
  config: BucketConfig,
  place: Place,
  reached: ReachedBucket,
  means: Means,
): Promise<Result<ReadyBucket, string>> {
  const { store: dialect, vary, dangerouslyAllowCredentials } = config;
  const name = config.name || labelOf(config, place, reached);
  const access = accessOf({ ...config, bucket: place }, registerName(config, place, reached), means.spell);
  const faults = await accessFaults(config, access, place, means);
  const { register } = means;
  const isRegistered = access.management === 'keep';
  const source = isRegistered
    ? registered(register, (storage) => registerSource(storage, access.registerKey))
    : await openSource(config, place, reached, means, faults.length > 0 && signsObjects(access, place));
  if (!source.ok || faults.length > 0)
    return { ok: false, faults: [...faults, ...(source.ok ? [] : source.faults)] };
  const behaviour = { dialect, vary, dangerouslyAllowCredentials };
  const key = isRegistered
    ? await registeredKey(access.registerKey)
    : await keyFor(config.name || reached.name, place, config);
  return {
    ok: true,
    value: {
      ruled: { name, key, source: source.value, behaviour },
      route: routeOf(config, place, name, reached.address),
      access,
      warnings: await authorizeWarnings(access, means),
    },
  };
}

/**
 * The bucket's own name where an option or its address says it: the path of a path-style URL is its name
 * (`http://127.0.0.1:9000/my-bucket`). Otherwise the host with its path.
 */
function labelOf({ bucketName }: BucketConfig, place: Place, reached: ReachedBucket): string {
  if (place.kind === 'folder') return bucketName ?? reached.name;
  return bucketName ?? place.name ?? /^\/([^/]+)$/.exec(place.address.path)?.[1] ?? reached.name;
}

/** The name of the bucket's rules in the register. Folders of one name are different buckets unless an option names them. */
const registerName = (
  { name, bucketName }: BucketConfig,
  place: Place,
  reached: Pick<ReachedBucket, 'name'>,
): string => name || (place.kind === 'folder' ? (bucketName ?? place.path) : reached.name);

/** Opens sources in the register. Its absence is a fault of the access, which is in the list already. */
export const registered = <T>(
  register: Register | null,
  open: (register: Register) => T,
): Result<T, string> => (register === null ? { ok: false, faults: [] } : { ok: true, value: open(register) });

/**
 * Opens where the rules come from, if clients do not write them through the edge. `isSignerChecked`: the faults of its
 * signer are known already.
 */
async function openSource(
  config: BucketConfig,
  place: Place,
  reached: ReachedBucket,
  means: Means,
  isSignerChecked: boolean,
): Promise<Result<Source, string>> {
  const { rules, rulesToken } = config;
  const signer = reached.sign
    ? { ok: true as const, value: reached.sign }
    : await signerOf(config, place, means);
  const token = openToken(rulesToken, means, means.spell);
  const { read, file, kv } = means;
  const source = kindOf(rules).open(rules, {
    read,
    bucket: reached,
    sign: signer.ok ? signer.value : undefined,
    token: token.ok ? token.value : undefined,
    file,
    kv,
  });
  const faults = [
    ...(signer.ok || isSignerChecked ? [] : signer.faults),
    ...(token.ok ? [] : token.faults),
    ...(await sourceFaults(source, kindOf(rules).checkedAtStart, means)),
  ];
  const isReady = signer.ok && token.ok && faults.length === 0 && !('fault' in source);
  return isReady ? { ok: true, value: source } : { ok: false, faults };
}

/** The faults of a source that may have failed to open. */
export async function sourceFaults(
  source: Source | { readonly fault: string },
  isChecked: boolean | undefined,
  means: Means,
): Promise<readonly string[]> {
  if ('fault' in source) return [source.fault];
  return isChecked ? documentFaults(source, means) : [];
}

async function signerOf(config: BucketConfig, place: Place, means: Means): ReturnType<typeof openSigner> {
  if (!kindOf(config.rules).signed) return { ok: true, value: undefined };
  return openSigner(config, place, means, means.spell);
}

function routeOf(config: BucketConfig, place: Place, name: string, address: Address): ReadyBucket['route'] {
  const { hosts, prefix, keepPrefix, keepHost, trustForwarded, forwarded } = config;
  return {
    name,
    address,
    keepPrefix,
    // A folder looks at the Host only where signatures may cover it.
    keepHost: place.kind === 'http' ? keepHost : config.bucketKeys !== null,
    trustForwarded,
    forwarded,
    passProxyCommands: config.dangerouslyPassProxyCommands,
    timeouts: { connect: config.bucketConnectTimeout, head: config.bucketHeadTimeout },
    ...(hosts !== undefined && { hosts }),
    ...(prefix !== undefined && { prefix }),
  };
}

/** The operator wrote the document for this edge: it must be right before the start (promise 6). */
async function documentFaults(
  source: Source,
  { spell, documentPlace = `${spell('rules')} ${source.name}:` }: Means,
): Promise<readonly string[]> {
  const loaded = await loadOnce(source, undefined, LOAD_TIMEOUT);
  if (loaded.outcome !== 'unknown') return [];
  if (loaded.faults === undefined) return [`${spell('rules')}: ${loaded.cause}. ${loaded.cure}`];
  return loaded.faults.map((fault) => `${documentPlace} ${faultText(fault)}`);
}

/** Room for a hash and suffixes within a file name and a KV key. */
const NAME_IN_KEY = 200;

/** The key of the bucket's rules: equal in every process that serves this place by these rules, and in no other. */
async function keyFor(name: string, place: Place, { rules }: BucketConfig): Promise<string> {
  const digest = await digestOf([place, rules]);
  return `${name.slice(0, NAME_IN_KEY)}-${digest.slice(0, 16)}`;
}

/** After the register's key in the key of rules that clients write; other keys end in a digest. */
export const REGISTERED = '@register';

/** The same for rules that clients write: the register's own key says whose they are, wherever the bucket is. */
export const registeredKey = async (registerKey: string): Promise<string> =>
  (registerKey.length <= NAME_IN_KEY
    ? registerKey
    : `${registerKey.slice(0, NAME_IN_KEY)}-${(await digestOf(registerKey)).slice(0, 16)}`) + REGISTERED;

/** SHA-256 of a value's JSON, in hexadecimal. */
export const digestOf = (value: unknown): Promise<string> => sha256(utf8(JSON.stringify(value)));
