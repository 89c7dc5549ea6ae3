import { type BucketPlace, parseBucket } from '../../config/bucket-url.ts';
import { OPTIONS, type OptionName } from '../../config/options.ts';
import { optionFaults } from '../../config/read.ts';
import { type Behaviour, DIALECTS } from '../../cors/behaviour.ts';
import { compileRules } from '../../cors/compile.ts';
import type { Fault } from '../../document/fault.ts';
import type { Arguments, Flag, Terminal } from '../command.ts';
import { flagOf, givenBy } from '../flags.ts';
import { SOURCE_FLAGS } from '../sources/flags.ts';
import { type Given, openAll, rulesOf } from '../sources/open-all.ts';
import { isStoreKnown } from '../sources/opened.ts';
import { parseSource } from '../sources/place.ts';
import { bucketUrlOf, type ExportedRules } from './exported.ts';
import { rulesFileOfFolder } from './read-files.ts';

/** Options that decide answers and that a document does not say; those of a source are replaced. */
const BEHAVIOUR = ['vary', 'dangerouslyAllowCredentials'] as const satisfies readonly OptionName[];
const SECTION = 'Source';

/** No target says the rules of another. */
const VARY: Pick<Flag, 'value' | 'offers' | 'about'> = {
  value: 'safe',
  offers: ['safe'],
  about:
    'The Vary header that is right behind every shared cache, where a configuration file has `store` for the bucket.',
};

/** What flags of a source mean beside others. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  bucket: ['With `--config`: the name of a bucket of that file.'],
  'admin-token': [
    'With `--watch`: where the token of its own admin port is; the variable ADMIN_TOKEN_FROM means the same.',
  ],
};

/** The flags that say where the rules are, and how they are meant. */
export const EXPORT_SOURCE_FLAGS: readonly Flag[] = [
  {
    name: 'rules',
    value: 'SOURCE',
    section: SECTION,
    isPath: true,
    about:
      'The rules: a file, `-` for standard input, the URL of a document, `oss://…` or `s3://…` for a bucket, `bucket:URL`, or `admin:URL` of a running edge.',
  },
  {
    name: 'config',
    value: 'FILE',
    section: SECTION,
    isPath: true,
    about: 'A configuration file of `serve`: the rules of one of its buckets, which `--bucket` names.',
  },
  ...SOURCE_FLAGS.map((flag) => ({ ...flag, about: [flag.about, ...(MORE[flag.name] ?? [])].join(' ') })),
  ...BEHAVIOUR.map((name): Flag => {
    const { variable: _, ...flag } = flagOf(name, SECTION);
    return name === 'vary' ? { ...flag, ...VARY } : flag;
  }),
];

/** Reads the rules that the command line names. Says on standard error why they cannot be read. */
export async function openExported(args: Arguments, terminal: Terminal): Promise<Given<ExportedRules>> {
  const given = behaviourGiven(args);
  const faults = optionFaults(given);
  if (faults.length > 0) return { ok: false, ends: faults };
  const found =
    args.value('config') === null ? await openSource(args, terminal) : await openFile(args, terminal);
  if (!found.ok) return found;
  return behaving(found.value, args);
}

async function openFile(args: Arguments, terminal: Terminal): Promise<Given<ExportedRules>> {
  // The modules of an edge are for this case only.
  const { openConfigured } = await import('./configured.ts');
  return openConfigured(args, terminal);
}

function behaviourGiven(args: Arguments) {
  const given = givenBy(args);
  return Object.fromEntries(BEHAVIOUR.flatMap((name) => (given[name] ? [[name, given[name]]] : [])));
}

/** The rules as the flags say that they are meant. */
function behaving(found: ExportedRules, args: Arguments): Given<ExportedRules> {
  const { behaviour, rules, responseVary, state } = found.rules;
  const credentials = OPTIONS.dangerouslyAllowCredentials.flag;
  const given: Behaviour = {
    ...behaviour,
    ...(args.value('vary') !== null && { vary: args.value('vary') === 'store' ? 'store' : 'safe' }),
    ...(args.value(credentials) !== null && { dangerouslyAllowCredentials: args.on(credentials) }),
  };
  if (args.on(credentials) && DIALECTS[behaviour.dialect].allowsCredentials) {
    const reason = `has no meaning with store ${behaviour.dialect}, which allows credentials by itself`;
    return { ok: false, ends: [{ place: `--${credentials}`, reason, write: 'the command without it' }] };
  }
  if (state !== 'known') throw new Error(`rules in state ${state} are not exported`);
  const ruleSet = { rules: rules.map(({ rule }) => rule), responseVary };
  return { ok: true, value: { ...found, rules: compileRules(ruleSet, given) } };
}

async function openSource(args: Arguments, terminal: Terminal): Promise<Given<ExportedRules>> {
  const word = args.value('rules');
  const faults = sourceFaults(args, word);
  if (faults.length > 0) return { ok: false, ends: faults };
  const url = addressOf(word, args);
  if (!url.ok) return url;
  const value = (flag: string) => (HIDDEN.includes(flag) ? null : args.value(flag));
  const opened = await openAll({ ...args, words: word === null ? [] : [word], value }, 1, terminal);
  if (!opened.ok) return { ok: false, ends: asRules(opened.ends) };
  const [source] = opened.value;
  if (source === undefined) throw new Error('openAll opens as many sources as it is asked for');
  const read = rulesOf(source, terminal);
  if (!read.ok) return read;
  const { name, hasRules, storeBy, behaviour } = source;
  return {
    ok: true,
    value: {
      name,
      rules: compileRules(read.value, behaviour),
      hasRules,
      isStoreKnown: isStoreKnown(storeBy),
      bucketUrl: url.value,
      files: filesOf(word, args),
    },
  };
}

/** Flags with a meaning here that a source would take for options of its own. */
const HIDDEN: readonly string[] = ['rules', 'config', ...BEHAVIOUR.map((name) => OPTIONS[name].flag)];

const SOURCES = '--rules SOURCE, --bucket URL, --admin URL or --config FILE';

export function sourceFaults(args: Arguments, word: string | null): readonly Fault[] {
  const beside = ['bucket', 'admin'].filter((flag) => args.value(flag) !== null);
  if (word === null)
    return beside.length > 0
      ? []
      : [{ place: '--rules', reason: 'is missing: there are no rules to read', write: SOURCES }];
  if (beside.length > 0)
    return beside.map((flag) => ({
      place: `--${flag}`,
      reason: 'stands beside --rules, and rules come from one source',
      write:
        flag === 'bucket'
          ? 'one of the two, and --bucket-url for where the target fetches objects'
          : 'one of the two',
    }));
  const parsed = parseSource(word);
  return parsed.ok ? [] : parsed.faults.map(renamed);
}

const renamed = (fault: Fault): Fault => (fault.place === 'SOURCE' ? { ...fault, place: '--rules' } : fault);

const asRules = (ends: number | readonly Fault[]): number | readonly Fault[] =>
  typeof ends === 'number' ? ends : ends.map(renamed);

/** The address of the bucket that the rules were read from; null for other sources. */
function addressOf(word: string | null, args: Arguments): Given<string | null> {
  const place = bucketPlace(word, args);
  if (place === null || place.kind === 'folder') return { ok: true, value: null };
  return bucketUrlOf(place.address, word === null ? '--bucket' : '--rules', args);
}

/** The bucket that the rules are read from; null for other sources. */
function bucketPlace(word: string | null, args: Arguments): BucketPlace | null {
  const text = word === null ? (args.value('admin') === null ? args.value('bucket') : null) : bucketIn(word);
  const place = text === null ? null : parseBucket(text);
  return place !== null && 'value' in place ? place.value : null;
}

/** The files that the rules are read from. A shell may have opened one as standard input. */
function filesOf(word: string | null, args: Arguments): readonly string[] {
  const bucket = bucketPlace(word, args);
  if (bucket?.kind === 'folder') return [rulesFileOfFolder(bucket.path)];
  const parsed = word === null ? null : parseSource(word);
  if (!parsed?.ok) return [];
  if (parsed.value.kind === 'input') return ['/dev/stdin'];
  return parsed.value.kind === 'file' ? [parsed.value.path] : [];
}

function bucketIn(word: string): string | null {
  const parsed = parseSource(word);
  return parsed.ok && parsed.value.kind === 'bucket' ? parsed.value.text : null;
}
