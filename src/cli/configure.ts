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
import { exitLater } from '../node/exit.ts';
import { readTextFile } from '../node/text-file.ts';
import { readFlags } from './flags.ts';

/** Room for far more than ten thousand buckets. */
const FILE_BYTES = 64 * 1_048_576;

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
export async function configure(
  args: readonly string[],
  env: Environment,
  faultsOf: (given: GivenOptions) => readonly Fault[],
): Promise<Configured | null> {
  const flags = readFlags(args);
  const variables = fromVariables(env);
  const path = (flags.given.config ?? variables.config)?.text;
  const direct = { ...(path === undefined ? variables : ofProcess(variables)), ...flags.given };
  const file = path === undefined ? NO_FILE : await readFile(path);
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
  for (const fault of faults) console.error(`bucket-cors: ${faultText(fault)}`);
  exitLater(2);
  return null;
}

interface ReadFile {
  readonly options: GivenOptions;
  readonly buckets: readonly BucketConfig[];
  readonly faults: readonly Fault[];
}

const NO_FILE: ReadFile = { options: {}, buckets: [], faults: [] };

/** Reads a configuration file whole. */
export async function readFile(path: string): Promise<ReadFile> {
  const found = await readTextFile(path, { maxBytes: FILE_BYTES, pipe: true });
  if ('fault' in found) {
    const fault = { place: path, reason: found.fault, write: 'the path of a configuration file' };
    return { ...NO_FILE, faults: [fault] };
  }
  const read = readConfigFile(found.text, path);
  return 'faults' in read ? { ...NO_FILE, faults: read.faults } : { ...read, faults: [] };
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
