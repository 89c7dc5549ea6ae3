import { type BucketConfig, onlyBucket, readConfigFile } from '../config/file.ts';
import { BUCKET_OPTIONS, OPTION_NAMES, OPTIONS, type OptionName, optionOf } from '../config/options.ts';
import { type Config, type GivenOptions, readConfig } from '../config/read.ts';
import { onlyStore, type StoreConfig } from '../config/store.ts';
import { fromVariables, type Variables, variableWarnings } from '../config/variables.ts';
import { wrapping } from '../config/wrapping.ts';
import type { Fault, Result } from '../document/fault.ts';
import { kindOf } from '../rules/sources/kinds.ts';
import { KV_BINDING } from '../rules/sources/kv.ts';
import { within } from '../rules/within.ts';
import { ownVariables, readWorkerOptions, type WorkerConfig } from './options.ts';
import { type Env, type Kv, kvOf } from './platform.ts';
import { isTextless, textless, textlessTokens, variablesOf } from './variables.ts';

export interface Configured {
  readonly config: Config;
  readonly worker: WorkerConfig;
  readonly buckets: readonly BucketConfig[];
  readonly store: StoreConfig | null;
  readonly variables: Variables;
  /** Warnings about variables that are not read. */
  readonly warnings: readonly string[];
}

/** Milliseconds to wait for KV. */
const KV_TIMEOUT = 5_000;

/** Reads the whole configuration, or returns every fault. Never rejects. */
export async function configure(env: Env): Promise<Result<Configured>> {
  const variables = variablesOf(env);
  const given = fromVariables(without(variables, ownVariables));
  const faults: Fault[] = textless(env);
  const worker = readWorkerOptions(variables, faults);
  const many = given.config?.text;
  // `fromVariables` reports a value in quotes as a fault of its own.
  const file = many === undefined || wrapping(many) !== null ? null : await readMany(many, kvOf(env), faults);
  const all = { ...file?.options, ...given };
  const read = readConfig(all);
  if (!read.ok) faults.push(...read.faults);
  faults.push(
    ...nodeOnlyFaults(all),
    ...(many === undefined ? missingBucket(given, env) : misplacedFaults(given)),
  );
  const alone = read.ok && given.bucket !== undefined ? [onlyBucket(read.value)] : [];
  const buckets = file?.buckets ?? alone;
  const store = file === null ? (read.ok ? onlyStore(read.value) : null) : file.store;
  const entries = store === null ? buckets : [...buckets, store];
  faults.push(...textlessTokens(env, entries));
  const kv = kvOf(env);
  for (const one of entries) faults.push(...bucketFaults(one, kv, file === null ? null : file.place, given));
  if (!read.ok || faults.length > 0) return { ok: false, faults };
  const warnings = variableWarnings(variables, ownVariables);
  return { ok: true, value: { config: read.value, worker, buckets, store, variables, warnings } };
}

/** Names that only Workers have win over those of Node's options. */
const without = (variables: Variables, names: readonly string[]): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));

/** Whether the configuration can change while the Worker runs. */
export const isFromKv = (env: Env): boolean => keyIn(variablesOf(env).BUCKET_CORS_CONFIG ?? '') !== null;

const keyIn = (text: string): string | null => /^kv:(.{1,512})$/.exec(text)?.[1] ?? null;

interface Many {
  readonly place: string;
  readonly options: GivenOptions;
  readonly buckets: readonly BucketConfig[];
  readonly store: StoreConfig | null;
}

async function readMany(text: string, kv: Kv | null, faults: Fault[]): Promise<Many> {
  const key = keyIn(text);
  const place = key === null ? 'BUCKET_CORS_CONFIG' : text;
  const nothing: Many = { place, options: {}, buckets: [], store: null };
  const document = key === null ? text : await fromKv(key, kv, faults);
  if (document === null) return nothing;
  if (key === null && !/^\s*\{/.test(document)) {
    const reason = 'is not a JSON object, and Workers have no files';
    faults.push({ place, reason, write: '{"buckets": {…}}, or kv:KEY' });
    return nothing;
  }
  const read = readConfigFile(document, place);
  if (read.ok) return { place, ...read.value };
  faults.push(...read.faults);
  return nothing;
}

async function fromKv(key: string, kv: Kv | null, faults: Fault[]): Promise<string | null> {
  const place = 'BUCKET_CORS_CONFIG';
  if (kv === null) {
    faults.push({ place, ...UNBOUND });
    return null;
  }
  try {
    const text = await within(KV_TIMEOUT, kv.get(key));
    if (text !== null) return text;
    const reason = `names the key ${key}, which is not in the namespace RULES_KV`;
    faults.push({
      place,
      reason,
      write: `it there: wrangler kv key put --binding RULES_KV ${key} --path FILE`,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    faults.push({
      place,
      reason: `cannot be read from KV (${message})`,
      write: 'nothing: the edge tries again',
    });
  }
  return null;
}

const UNBOUND = {
  reason: 'names a key, and no KV namespace is bound as RULES_KV',
  write: KV_BINDING,
} as const;

const NODE_ONLY = 'has no effect on Workers';

const nodeOnlyFaults = (given: GivenOptions): Fault[] =>
  OPTION_NAMES.flatMap((name) => {
    const place = given[name]?.place;
    const write = optionOf(name).nodeOnly;
    return place === undefined || write === undefined ? [] : [{ place, reason: NODE_ONLY, write }];
  });

const missingBucket = (
  { bucket, storeUrl }: GivenOptions,
  { BUCKET_URL, BUCKET_CORS_BUCKET }: Env,
): Fault[] =>
  bucket === undefined && storeUrl === undefined && !isTextless(BUCKET_URL) && !isTextless(BUCKET_CORS_BUCKET)
    ? [
        {
          place: 'BUCKET_URL',
          reason: 'is missing',
          write: 'oss://NAME?region=cn-hangzhou, or many buckets into BUCKET_CORS_CONFIG',
        },
      ]
    : [];

/** Faults for options of one bucket beside BUCKET_CORS_CONFIG: they would have no effect. */
const misplacedFaults = (given: GivenOptions): Fault[] =>
  [...BUCKET_OPTIONS, 'storeUrl' as const].flatMap((name) => {
    const place = given[name]?.place;
    if (place === undefined) return [];
    const reason = 'stands beside BUCKET_CORS_CONFIG, which has it for each bucket';
    return [{ place, reason, write: 'it there, under the bucket or under "store"' }];
  });

/** The options that only Node has and that a bucket sets to another value than the default. */
const nodeOnlyOptions = (config: Partial<Record<OptionName, unknown>>): (readonly [OptionName, string])[] =>
  BUCKET_OPTIONS.flatMap((name) => {
    const { nodeOnly, parse, default: preset } = optionOf(name);
    if (nodeOnly === undefined || !(name in config)) return [];
    const parsed = preset === null ? { value: null } : parse(preset);
    return 'value' in parsed && parsed.value === config[name] ? [] : [[name, nodeOnly] as const];
  });

/** What a bucket can't be on Workers. `file` names the configuration of many; null: variables say it all. */
function bucketFaults(
  config: BucketConfig | StoreConfig,
  kv: Kv | null,
  file: string | null,
  given: GivenOptions,
): Fault[] {
  const { rules, credentials, rulesToken, keepHost } = config;
  const entry = 'name' in config ? `buckets.${config.name}` : 'store';
  const faults: Fault[] = [];
  const add = (option: OptionName, reason: string, write: string) => {
    const variable = given[option]?.place ?? OPTIONS[option].variable;
    faults.push({ place: file === null ? variable : `${file}: ${entry}: ${option}`, reason, write });
  };
  if ('bucket' in config && config.bucket?.kind === 'folder')
    add('bucket', 'is a folder, and Workers have none', 'oss://…, s3://… or an https:// URL');
  const { notOnWorkers, needsKv } = kindOf(rules);
  if (notOnWorkers !== undefined) add('rules', notOnWorkers.reason, notOnWorkers.write);
  if (needsKv && kv === null) add('rules', UNBOUND.reason, UNBOUND.write);
  if (credentials.kind === 'file')
    add('credentials', 'is a file, and Workers have none', 'env or env:PREFIX, with secrets');
  if (rulesToken?.kind === 'file')
    add('rulesToken', 'is a file, and Workers have none', 'env:NAME, with a secret NAME');
  // Among variables `nodeOnlyFaults` reports them.
  if (file !== null) for (const [option, write] of nodeOnlyOptions(config)) add(option, NODE_ONLY, write);
  if (keepHost) {
    const reason = "has no effect: on Workers the Host header follows the bucket's address";
    add('keepHost', reason, "nothing, and presign for the bucket's own host");
  }
  return faults;
}
