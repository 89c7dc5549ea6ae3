import type { DestinationStream, Logger } from 'pino';
import type { BucketConfig } from '../config/file.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { cut } from '../edge/log.ts';
import type { Compiled, ExportFile } from '../export/target.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import { coalesced, refreshLoaded } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { adminPort } from './admin-port.ts';
import { serveBuckets } from './buckets/active.ts';
import { type OpenedBucket, openBuckets } from './buckets/open.ts';
import { catchUp, listenTo } from './keep/shared.ts';
import { openRules, TICK } from './live-rules.ts';
import { exportsText } from './metrics/exports.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createOpened, type Opened } from './opened.ts';
import { createLog } from './output/log.ts';
import { standardOutput } from './output/standard.ts';
import { startFault } from './start-fault.ts';
import { askedOf } from './watch/asked.ts';
import { type Command, runCommand } from './watch/command.ts';
import { type Output, openOutput } from './watch/output.ts';
import { reasonsOf } from './watch/reasons.ts';
import type { Content } from './watch/state.ts';
import { createWatcher, type Watcher } from './watch/watcher.ts';

/** Another program's configuration that follows the rules of a bucket. */
export interface FollowedExport {
  /** The name of the target, `nginx`. */
  readonly target: string;
  /** The path of the first file. */
  readonly file: string;
  /** What the shell runs after a new file is written; null: nothing. */
  readonly command: string | null;
  /** Writes the rules of a bucket for the target. */
  readonly compile: (rules: CompiledRules, bucket: BucketConfig, source: string) => Compiled;
  /** Why no file can ever be written for a bucket, as the end of a sentence that begins with the path; null if one may be. */
  readonly fault: (bucket: BucketConfig) => Promise<string | null>;
  /** Writes all files of an export for a bucket, or rejects and leaves the old ones. */
  readonly save: (files: readonly ExportFile[], bucket: BucketConfig) => Promise<void>;
  /** The paths of the further files of an export whose first file has this text; null: it is no export. */
  readonly others: (text: string) => readonly string[] | null;
}

export interface WatchOptions {
  /** The name of the rules where no bucket is configured, whose place is then not used. */
  readonly rulesName: string | null;
  /** Returns the bucket of a changed configuration file. Throws a start fault if it has it no more. */
  readonly select: (buckets: readonly BucketConfig[]) => BucketConfig;
  /** Where log lines go; standard output by default. */
  readonly log?: DestinationStream;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly places?: Places;
  readonly warnings?: readonly string[];
}

export interface Watching {
  readonly adminUrl: string;
  bucket(): RuledBucket;
  /** Loads the rules again. */
  refresh(): Promise<void>;
  /** Follows the bucket as another configuration file has it. Rejects with a start fault, and changes nothing then. */
  replace(buckets: readonly BucketConfig[]): Promise<void>;
  /** There are no worker processes. */
  roll(): Promise<void>;
  readonly log: Logger;
  /** Ends the command that runs, and closes everything. */
  close(): Promise<void>;
}

/**
 * Loads the rules of a bucket as the edge does, and has an exported file follow them. Rejects with a start fault; nothing
 * is left running then.
 */
export async function startWatch(
  config: Config,
  bucket: BucketConfig,
  followed: FollowedExport,
  options: WatchOptions,
): Promise<Watching> {
  const opened = createOpened();
  try {
    return await open(config, bucket, followed, options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function open(
  config: Config,
  bucket: BucketConfig,
  followed: FollowedExport,
  { rulesName, select, log: destination, env = process.env, places = {}, warnings = [] }: WatchOptions,
  opened: Opened,
): Promise<Watching> {
  const log = createLog(config.logLevel, destination);
  const warn = (message: string) => log.warn(cut(message));
  warnings.forEach(warn);
  const listenForAdmin = await adminPort(config, places, log);
  const { file, command, others } = followed;
  const output = openOutput({
    path: file,
    hasCommand: command !== null,
    others,
    fault: () => followed.fault(bucket),
    save: (files) => followed.save(files, current?.config ?? bucket),
  });
  // Anything else may change, and is tried again.
  const fault = await output.fault();
  if (fault !== null) throw startFault([`--output ${file} ${fault}`]);
  const isRegister = bucket.management === 'keep';
  const { cache, bus, register, problems, read } = await openRules(
    config,
    {
      log,
      warn,
      places,
      isRegister,
      changed: () => void check(),
      onBack: (rules) => void catchUp(rules, active.opened()),
    },
    opened,
  );
  // No request asks for the rules: a load begins within a tenth of its time.
  const every = Math.min(TICK, config.rulesTtl / 10);
  const { stateDir } = config;
  const option = places.stateDir ?? asFlag('stateDir');
  const state = stateDir === null ? null : { folder: stateDir, option };
  const means = { exposure: UNSERVED, env, read, warn, register, state };
  let current: OpenedBucket | undefined;
  const active = serveBuckets(cache, {
    serve: ([first]) => {
      current = first;
    },
    drain: 0,
    every,
    open: async (configs, before) =>
      (await openBuckets(configs, before, means)).map(renamed(before, rulesName)),
    openStore: async () => null,
  });
  opened.add(active.close);
  await active.replace([rulesOnly(bucket)], null);

  const watcher = watch(followed, output, env, log);
  let inForce: RulesInForce | null = null;
  const check = coalesced(async () => {
    if (current === undefined) return;
    const { ruled, config: configured } = current;
    const found = await cache.current(ruled);
    if (found.rules === inForce?.rules) return;
    inForce = found;
    const { name, source } = ruled;
    const compile = (rules: CompiledRules) => followed.compile(rules, configured, source.name);
    const cause = cache.status(keyOf(ruled)).failure?.cause ?? null;
    watcher.want(askedOf(found, { name, compile, cause }));
  });
  const metrics = createMetrics(destination === undefined ? standardOutput().dropped : undefined);
  const reasons = () => reasonsOf(watcher.state(), followed.file);
  const admin = await listenForAdmin({
    buckets: active.ruled,
    // A file that is in place is obeyed while its rules cannot be loaded.
    preloaded: () => [],
    cache,
    listening: () => true,
    missing: () => reasons().missing,
    problems: () => [...reasons().degraded, ...problems()],
    metrics: async () => {
      const { type, text } = await metrics.render();
      return { type, text: `${text}\n${exportsText(countsOf(followed, current, watcher))}` };
    },
    onRefresh: (key) => bus?.publish({ kind: 'refresh', bucket: key }),
  });
  opened.add(() => admin.close(0));
  if (bus !== null) {
    const silence = listenTo(bus, cache, active);
    opened.add(async () => silence());
  }
  // Last: a command that runs although the start fails would be a surprise.
  watcher.begin();
  const checking = setInterval(() => void check(), every).unref();
  const looking = setInterval(watcher.look, Math.max(config.rulesTtl, TICK)).unref();
  opened.add(async () => {
    clearInterval(checking);
    clearInterval(looking);
    await watcher.end();
  });
  active.begin();
  void check();
  return {
    adminUrl: admin.url,
    bucket: () => {
      if (current === undefined) throw new Error('no bucket is open');
      return current.ruled;
    },
    refresh: () => refreshLoaded(cache, active.opened()),
    replace: async (buckets) => {
      await active.replace([rulesOnly(select(buckets))], null);
      void check();
    },
    roll: async () => {},
    log,
    close: opened.close,
  };
}

/** No client reaches the bucket through this process. */
const UNSERVED = { reach: 'socket', address: '', names: [] } as const;

/** The same bucket as far as its rules are concerned: no object is asked for, so that no key for objects is needed. */
const rulesOnly = (bucket: BucketConfig): BucketConfig => ({
  ...bucket,
  objects: 'pass',
  signPrefix: null,
  preload: true,
  clientKeys: null,
  ...(bucket.management !== 'keep' && { management: null }),
});

/** Opened buckets whose name is that of their rules; those that were open before have it. */
const renamed =
  (before: readonly OpenedBucket[], name: string | null) =>
  (bucket: OpenedBucket): OpenedBucket =>
    name === null || before.includes(bucket) ? bucket : { ...bucket, ruled: { ...bucket.ruled, name } };

/** Makes the watcher of the followed files. */
function watch(
  { target, file, command }: FollowedExport,
  output: Output,
  env: NonNullable<WatchOptions['env']>,
  log: Logger,
): Watcher {
  const run = (content: Content): Command =>
    runCommand(command ?? '', {
      env: {
        ...env,
        BUCKET_CORS_TARGET: target,
        BUCKET_CORS_FILE: file,
        BUCKET_CORS_VERSION: content.version ?? '',
      },
    });
  return createWatcher({ output, run: command === null ? null : run, log: log.child({ target, file }) });
}

function countsOf({ target }: FollowedExport, bucket: OpenedBucket | undefined, watcher: Watcher) {
  const { wanted, found } = watcher.state();
  const content = found?.content ?? null;
  const isWanted = wanted?.kind === 'export' && wanted.content.key === content?.key;
  return {
    target,
    bucket: bucket?.ruled.name ?? '',
    version: isWanted ? wanted.content.version : (content?.version ?? null),
    ...watcher.done,
    isPending: found?.isPending ?? false,
  };
}
