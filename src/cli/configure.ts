import { readFileSync } from 'node:fs';
import { type BucketConfig, onlyBucket, readConfigFile } from '../config/file.ts';
import {
  BUCKET_OPTIONS,
  type Config,
  fromVariables,
  type Given,
  type GivenOptions,
  readConfig,
} from '../config/read.ts';
import { type Fault, faultText } from '../document/fault.ts';
import { say } from '../node/standard.ts';
import { readFlags } from './flags.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that was configured. Without a file and without a bucket, `buckets` is empty. */
export interface Configured {
  readonly config: Config;
  readonly buckets: readonly BucketConfig[];
}

/**
 * Reads flags, variables and the configuration file that they name; a flag wins over a variable, and both over the
 * file. Null after telling all faults at once; the exit code is then 2.
 */
export function configure(
  args: readonly string[],
  env: Environment,
  faultsOf: (given: GivenOptions) => readonly Fault[],
): Configured | null {
  const flags = readFlags(args);
  const variables = fromVariables(env);
  const path = (flags.given.config ?? variables.config)?.text;
  const direct = { ...(path === undefined ? variables : ofProcess(variables)), ...flags.given };
  const file = path === undefined ? NO_FILE : readFile(path);
  // A file with faults gives no options: they have been told where they stand.
  const given = { ...file.options, ...direct };
  const read = readConfig(given);
  const both = path === undefined ? [] : besideFile(flags.given, flags.given.bucket ?? variables.bucket);
  const faults = [
    ...flags.faults,
    ...file.faults,
    ...('faults' in read ? read.faults : []),
    ...both,
    ...faultsOf(given),
  ];
  if ('config' in read && faults.length === 0) {
    const { config } = read;
    const alone = config.bucket === null ? [] : [onlyBucket(config)];
    return { config, buckets: path === undefined ? alone : file.buckets };
  }
  for (const fault of faults) say(`bucket-cors: ${faultText(fault)}`);
  process.exitCode = 2;
  return null;
}

interface ReadFile {
  readonly options: GivenOptions;
  readonly buckets: readonly BucketConfig[];
  readonly faults: readonly Fault[];
}

const NO_FILE: ReadFile = { options: {}, buckets: [], faults: [] };

/** Reads a configuration file whole. */
export function readFile(path: string): ReadFile {
  try {
    const read = readConfigFile(readFileSync(path, 'utf8'), path);
    return 'faults' in read ? { ...NO_FILE, faults: read.faults } : { ...read, faults: [] };
  } catch (error) {
    const reason = `can't be read (${error instanceof Error ? error.message : String(error)})`;
    return { ...NO_FILE, faults: [{ place: path, reason, write: 'the path of a configuration file' }] };
  }
}

/**
 * Without what says something of one bucket: beside a file nothing reads it, and in the environment it may be meant
 * for other programs. On the command line it is meant.
 */
const ofProcess = (variables: GivenOptions): GivenOptions =>
  Object.fromEntries(
    Object.entries(variables).filter(([name]) => !BUCKET_OPTIONS.some((option) => option === name)),
  );

/** Options of one bucket, where a file says them for each: they would be dropped in silence. */
function besideFile(flags: GivenOptions, bucket: Given | undefined): readonly Fault[] {
  const given = BUCKET_OPTIONS.flatMap((name) => (name === 'bucket' ? (bucket ?? []) : (flags[name] ?? [])));
  return given.map(({ place }) => ({
    place,
    reason: 'stands beside a configuration file, which has it for each bucket',
    write: 'it in the file, under the bucket',
  }));
}
