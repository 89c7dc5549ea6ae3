import type { BucketConfig } from '../../config/file.ts';
import { OPTION_NAMES, OPTIONS } from '../../config/options.ts';
import type { Config } from '../../config/read.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { asKey } from '../../config/spell.ts';
import { compileRules } from '../../cors/compile.ts';
import { NO_RULES } from '../../cors/rule.ts';
import type { Fault, Result } from '../../document/fault.ts';
import { FILES, registerWrite } from '../../node/buckets/open.ts';
import { openBucket } from '../../node/buckets/place.ts';
import { directoryRegister } from '../../node/keep/register-directory.ts';
import { createPools } from '../../node/transport/pools.ts';
import { readByPools } from '../../node/transport/small-read.ts';
import { aboutBucket, openConfigured as openReady } from '../../open/bucket.ts';
import { LOAD_TIMEOUT, loadOnce } from '../../rules/load.ts';
import type { Register } from '../../rules/register.ts';
import type { Source } from '../../rules/source.ts';
import { registerSource } from '../../rules/sources/register.ts';
import type { Arguments, Terminal } from '../command.ts';
import { configure } from '../configure.ts';
import { patiently } from '../patience.ts';
import { meantBy } from '../report.ts';
import { SOURCE_FLAGS } from '../sources/flags.ts';
import type { Given } from '../sources/open-all.ts';
import { bucketUrlOf, type ExportedRules, failed } from './exported.ts';
import { filesOfBucket } from './read-files.ts';

/** Rules of a bucket that a configuration file of `serve` has, loaded from the same source in the same way. */
export async function openConfigured(args: Arguments, terminal: Terminal): Promise<Given<ExportedRules>> {
  const configured = await readConfiguration(args, terminal);
  if (!configured.ok) return { ok: false, ends: configured.faults };
  const { bucket, config } = configured.value;
  const url = bucket.bucket?.kind === 'http' ? bucketUrlOf(bucket.bucket.address, '--config', args) : NO_URL;
  if (!url.ok) return url;
  const opened = await openSource(bucket, config, terminal);
  if (!opened.ok)
    return failed(
      opened.faults.map((line) => aboutBucket(bucket, line)),
      terminal,
    );
  const { source, close } = opened.value;
  try {
    const waiting = `bucket-cors: waiting for ${source.name} …`;
    const loaded = await patiently(loadOnce(source, undefined, LOAD_TIMEOUT), waiting, terminal);
    if (loaded.outcome === 'rules' || loaded.outcome === 'none') {
      const { store: dialect, vary, dangerouslyAllowCredentials } = bucket;
      const lost = loaded.outcome === 'none' ? loaded.lost : undefined;
      if (lost !== undefined) return failed([aboutBucket(bucket, `${lost.cause}. ${lost.cure}`)], terminal);
      const ruleSet = loaded.outcome === 'rules' ? loaded.ruleSet : NO_RULES;
      return {
        ok: true,
        value: {
          name: source.name,
          rules: compileRules(ruleSet, { dialect, vary, dangerouslyAllowCredentials }),
          hasRules: loaded.outcome === 'rules',
          isStoreKnown: true,
          bucketUrl: url.value,
          files: filesOfBucket(bucket),
        },
      };
    }
    const line =
      loaded.outcome === 'unknown'
        ? `${loaded.cause}. ${loaded.cureOnce ?? loaded.cure}`
        : `${source.name}: there is no such bucket. Check its name and its region.`;
    return failed([aboutBucket(bucket, line)], terminal);
  } finally {
    await close();
  }
}

const NO_URL = { ok: true, value: null } as const;

interface Configuration {
  readonly bucket: BucketConfig;
  readonly config: Pick<Config, 'stateDir' | 'redis'>;
}

/** Variables that count here: where clients' rules are stored. Those of a server are not for this command. */
const NOT_READ = OPTION_NAMES.filter((name) => name !== 'stateDir' && name !== 'redis');

async function readConfiguration(args: Arguments, { env }: Terminal): Promise<Result<Configuration>> {
  const beside = besideFile(args);
  const value = (flag: string) => (flag === OPTIONS.config.flag ? args.value(flag) : null);
  const read = await configure({ ...args, value }, env, () => beside, NOT_READ);
  if (!read.ok) return read;
  const bucket = bucketNamed(args.value('bucket'), read.value.buckets);
  return 'place' in bucket
    ? { ok: false, faults: [bucket] }
    : { ok: true, value: { bucket, config: read.value.config } };
}

function besideFile(args: Arguments): readonly Fault[] {
  const others = ['rules', ...SOURCE_FLAGS.map(({ name }) => name).filter((name) => name !== 'bucket')];
  return others
    .filter((flag) => args.value(flag) !== null)
    .map((flag) => ({
      place: `--${flag}`,
      reason: 'stands beside a configuration file, which has it for each bucket',
      write: 'the command without it, or without --config',
    }));
}

export function bucketNamed(name: string | null, buckets: readonly BucketConfig[]): BucketConfig | Fault {
  const [first, ...more] = buckets;
  const found =
    name === null ? (more.length === 0 ? first : undefined) : buckets.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = buckets.map((one) => one.name);
  const shown = name === null ? null : withoutSecrets(name);
  return {
    place: '--bucket',
    ...(shown !== null && { value: shown }),
    reason: name === null ? `is missing: the file has ${names.length} buckets` : 'is no bucket of the file',
    write: (name !== null && meantBy(name, names)) || listed(names),
  };
}

const MAX_NAMES = 20;

const listed = (names: readonly string[]): string => {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return names.length === 0
    ? 'the name of a bucket under "buckets"; a bucket of "store" is read with --bucket oss://… or s3://…'
    : `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
};

interface OpenedSource {
  readonly source: Source;
  close(): Promise<void>;
}

/** Opens what `serve` loads the bucket's rules from. Keys that only requests for objects need are not looked at. */
async function openSource(
  bucket: BucketConfig,
  config: Configuration['config'],
  terminal: Terminal,
): Promise<Result<OpenedSource, string>> {
  if (bucket.management === 'keep') return openRegistered(bucket, config, terminal);
  if (bucket.bucket === null) throw new Error('a configuration file has no bucket without a place');
  const { pools, close } = createPools();
  const reached = await openBucket(bucket.bucket, 'loopback').catch((error) => messageOf(error));
  const closeAll = async () => {
    if (typeof reached !== 'string') await reached.close();
    void close();
  };
  if (typeof reached === 'string') {
    await closeAll();
    return { ok: false, faults: [reached] };
  }
  const rulesOnly: BucketConfig = {
    ...bucket,
    management: null,
    objects: 'pass',
    clientKeys: null,
    bucketKeys: null,
    signPrefix: null,
  };
  const means = {
    ...FILES,
    read: readByPools(pools),
    variables: terminal.env,
    spell: asKey,
    register: null,
    registerWrite: registerWrite(asKey),
  };
  const opened = await openReady(rulesOnly, bucket.bucket, reached, means);
  if (opened.ok) return { ok: true, value: { source: opened.value.ruled.source, close: closeAll } };
  await closeAll();
  return opened;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Rules that clients write through the edge. */
async function openRegistered(
  { name }: BucketConfig,
  { stateDir, redis }: Configuration['config'],
  terminal: Terminal,
): Promise<Result<OpenedSource, string>> {
  const opened = (register: Register, close = async () => {}): Result<OpenedSource, string> => ({
    ok: true,
    value: { source: registerSource(register, name), close },
  });
  if (redis !== null) {
    const { openRedis } = await import('../../node/keep/redis.ts');
    const { register, close } = await openRedis(redis, (line) => terminal.say(`bucket-cors: ${line}`));
    return opened(register, close);
  }
  if (stateDir !== null) return opened(directoryRegister(stateDir));
  const write = registerWrite(asKey);
  return {
    ok: false,
    faults: [`${asKey('management', 'keep')}: there is no storage for the rules; write ${write}`],
  };
}
