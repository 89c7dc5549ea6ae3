import { type BucketConfig, onlyBucket, readConfigFile } from '../config/file.ts';
import { BUCKET_OPTIONS, type OptionName } from '../config/options.ts';
import { type Config, type GivenOptions, type Places, placesOf, readConfig } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import { onlyStore, type StoreConfig } from '../config/store.ts';
import { fromVariables, variableWarnings } from '../config/variables.ts';
import { wrapping } from '../config/wrapping.ts';
import type { Fault, Result } from '../document/fault.ts';
import { readTextFile } from '../node/files/text-file.ts';
import type { Arguments } from './command.ts';
import { givenBy } from './flags.ts';

/** Room for far more than ten thousand buckets. */
const FILE_BYTES = 64 * 1_048_576;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The whole configuration. Without a file and without a bucket, `buckets` is empty. */
export interface Configured {
  readonly config: Config;
  readonly buckets: readonly BucketConfig[];
  readonly store: StoreConfig | null;
  /** The flag, variable or file key that gave each option. */
  readonly places: Places;
  /** Sentences on variables that are not read. */
  readonly warnings: readonly string[];
}

/**
 * Reads flags, variables and the configuration file that they name; a flag takes precedence over a variable, and both
 * over the file. The options in `unused` belong to other commands: their variables and their keys in the file are not
 * used. A command without `port` listens on no port of the edge. The faults are those of
 * the command line, the variables and the file together (promise 6).
 */
export async function configure(
  args: Arguments,
  env: Environment,
  faultsOf: (given: GivenOptions) => readonly Fault[],
  unused: readonly OptionName[] = [],
): Promise<Result<Configured>> {
  const flags = givenBy(args);
  const variables = without(fromVariables(env), unused);
  const path = (flags.config ?? variables.config)?.text;
  const direct = { ...(path === undefined ? variables : without(variables, BESIDE_FILE)), ...flags };
  // A path in quotes is a fault that `readConfig` reports.
  const file = path === undefined || wrapping(path) !== null ? NO_FILE : await readFile(path);
  // A file with faults gives no options; its faults are in the list below.
  const given = { ...(unused.includes('port') && NO_PORT), ...without(file.options, unused), ...direct };
  const read = readConfig(given);
  const both = path === undefined ? [] : besideFile(flags, variables);
  const faults = [
    ...(args.faults ?? []),
    ...file.faults,
    ...(read.ok ? [] : read.faults),
    ...both,
    ...faultsOf(given),
  ];
  if (read.ok && faults.length === 0) {
    const config = read.value;
    const alone = config.bucket === null ? [] : [onlyBucket(config)];
    const buckets = path === undefined ? alone : file.buckets;
    const store = path === undefined ? onlyStore(config) : file.store;
    const warnings = [...variableWarnings(env), ...unusedToken(env, given)];
    return { ok: true, value: { config, buckets, store, places: placesOf(given), warnings } };
  }
  return { ok: false, faults };
}

/** On Workers the variable is the token itself, so people set it here too. */
const unusedToken = ({ ADMIN_TOKEN }: Environment, given: GivenOptions): readonly string[] =>
  ADMIN_TOKEN === undefined ||
  ADMIN_TOKEN === '' ||
  given.adminToken !== undefined ||
  Object.values(given).some(({ text }) => text === 'env:ADMIN_TOKEN')
    ? []
    : [`ADMIN_TOKEN is not read: write ${asFlag('adminToken', 'env:ADMIN_TOKEN')} for a token in it`];

/** No admin port is the same port. */
const NO_PORT: GivenOptions = { port: { place: '--port', text: '0' } };

interface ReadFile {
  readonly options: GivenOptions;
  readonly buckets: readonly BucketConfig[];
  readonly store: StoreConfig | null;
  readonly faults: readonly Fault[];
}

const NO_FILE: ReadFile = { options: {}, buckets: [], store: null, faults: [] };

/** Reads a configuration file; with faults it returns no options, no buckets and no store. */
export async function readFile(path: string): Promise<ReadFile> {
  const found = await readTextFile(path, { maxBytes: FILE_BYTES, pipe: true });
  if ('fault' in found) {
    const fault = { place: path, reason: found.fault, write: 'the path of a configuration file' };
    return { ...NO_FILE, faults: [fault] };
  }
  const read = readConfigFile(found.text, path);
  return read.ok ? { ...read.value, faults: [] } : { ...NO_FILE, faults: read.faults };
}

/**
 * The variables without those of some options. With a configuration file, variables of bucket options are ignored: they
 * may be meant for other programs. Flags are not, and `besideFile` reports them.
 */
const without = (variables: GivenOptions, names: readonly OptionName[]): GivenOptions =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !names.some((one) => one === name)));

/** Options of buckets, which a configuration file has for each. */
const BESIDE_FILE: readonly OptionName[] = [...BUCKET_OPTIONS, 'storeUrl'];
/** Variables of these are not meant for other programs. */
const OWN: readonly OptionName[] = ['bucket', 'storeUrl'];

/** Faults for options of one bucket beside a file, which would otherwise be dropped silently. */
function besideFile(flags: GivenOptions, variables: GivenOptions): readonly Fault[] {
  const given = BESIDE_FILE.flatMap(
    (name) => flags[name] ?? (OWN.includes(name) ? (variables[name] ?? []) : []),
  );
  return given.map(({ place }) => ({
    place,
    reason: 'stands beside a configuration file, which has it for each bucket',
    write: 'it in the file, under the bucket or under "store"',
  }));
}
