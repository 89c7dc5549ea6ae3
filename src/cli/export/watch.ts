import { basename, extname } from 'node:path';
import { type BucketConfig, onlyBucket } from '../../config/file.ts';
import { OPTIONS } from '../../config/options.ts';
import { compileRules } from '../../cors/compile.ts';
import { NO_RULES } from '../../cors/rule.ts';
import { type Fault, faultText, type Result } from '../../document/fault.ts';
import { readBanner, rulesOfBanner } from '../../export/banner.ts';
import type { Compiled, ExportFile, Target, Written } from '../../export/target.ts';
import { compileFor } from '../../export/targets.ts';
import { startFault } from '../../node/start-fault.ts';
import { startWatch } from '../../node/start-watch.ts';
import type { FollowedExport } from '../../node/watch/followed.ts';
import type { Arguments, Ending, Terminal } from '../command.ts';
import { type Configured, configure } from '../configure.ts';
import { run } from '../run.ts';
import { parseSource } from '../sources/place.ts';
import { VERSION } from '../version.ts';
import { bucketNamed } from './configured.ts';
import { bucketUrlOf } from './exported.ts';
import { pathsFor, saveFiles } from './files.ts';
import type { ExportLine } from './line.ts';
import { filesOfBucket, overwriteFault } from './read-files.ts';
import { sourceFaults } from './source.ts';
import { NOT_WATCHED } from './watch-flags.ts';

/** Follows the rules with a file, until a signal ends the process. */
export async function watchExport(args: Arguments, { env }: Terminal, line: ExportLine): Promise<Ending> {
  const { output } = line;
  if (output === null) throw new Error('a watched export has a file');
  const source = sourceOf(args);
  if (!source.ok) return source.faults;
  const configured = await configure(source.value.args, env, () => [], NOT_WATCHED);
  if (!configured.ok) return configured.faults;
  const { config, places, warnings } = configured.value;
  const bucket = bucketOf(configured.value, args);
  if ('place' in bucket) return [bucket];
  const unusable = unknownStore(bucket, args) ?? addressFault(bucket, args);
  if (unusable !== null) return [unusable];
  const followed = followedBy(line, output, args, config.config);
  await run(async () => {
    const running = await startWatch(config, bucket, followed, {
      rulesName: source.value.name,
      select: (buckets) => selected(buckets, args),
      env,
      places,
      warnings,
    });
    const { name, source: from } = running.bucket();
    return {
      running,
      lines: [
        `export    ${output}  (${line.target.name}; bucket: ${name}, rules: ${from.name})`,
        `admin     ${running.adminUrl}`,
      ],
    };
  }, config.config);
  return 'serving';
}

interface SourceArguments {
  /** The arguments as `serve` has them: `--bucket` is an address, and `--rules` what a bucket's rules are read from. */
  readonly args: Arguments;
  /** The name of rules that belong to no bucket. */
  readonly name: string | null;
}

/** Where no bucket is given. Nothing is sent there: its rules are elsewhere, and no object is asked for. */
const NO_BUCKET = 'http://bucket.invalid';

function sourceOf(args: Arguments): Result<SourceArguments> {
  const replaced = (values: Readonly<Record<string, string | null>>): Arguments => ({
    ...args,
    value: (flag) => (flag in values ? (values[flag] ?? null) : args.value(flag)),
  });
  if (args.value('config') !== null)
    return { ok: true, value: { args: replaced({ bucket: null }), name: null } };
  const word = args.value('rules');
  const faults = sourceFaults(args, word);
  if (faults.length > 0) return { ok: false, faults };
  if (word === null) return { ok: true, value: { args, name: null } };
  const parsed = parseSource(word);
  if (!parsed.ok) return parsed;
  const place = parsed.value;
  if (place.kind === 'bucket')
    return { ok: true, value: { args: replaced({ bucket: place.text, rules: null }), name: null } };
  if (place.kind === 'input' || place.kind === 'edge') {
    const what = place.kind === 'input' ? 'standard input' : 'a running edge';
    const reason = `is ${what}, and --watch loads rules again and again`;
    return { ok: false, faults: [{ place: '--rules', reason, write: 'a file, a URL, or a bucket' }] };
  }
  const name = place.kind === 'file' ? place.path : place.kind === 'url' ? new URL(place.url).host : 'rules';
  return { ok: true, value: { args: replaced({ bucket: NO_BUCKET }), name } };
}

function bucketOf({ config, buckets }: Configured, args: Arguments): BucketConfig | Fault {
  return config.config === null ? onlyBucket(config) : bucketNamed(args.value('bucket'), buckets);
}

function selected(buckets: readonly BucketConfig[], args: Arguments): BucketConfig {
  const bucket = bucketNamed(args.value('bucket'), buckets);
  const fault = 'place' in bucket ? bucket : addressFault(bucket, args);
  if (fault !== null) throw startFault([faultText(fault)]);
  return bucket as BucketConfig;
}

/** The form of a document would say it, and rules that change must not change the store with it. */
function unknownStore({ bucket }: BucketConfig, args: Arguments): Fault | null {
  if (args.value('config') !== null || args.value(OPTIONS.store.flag) !== null) return null;
  if (bucket?.kind === 'http' && bucket.store !== undefined) return null;
  const reason =
    'is missing: --watch takes the store from the address of a bucket or from this flag alone, because the form of a document may change';
  return { place: `--${OPTIONS.store.flag}`, reason, write: 'oss or s3' };
}

function addressFault(bucket: BucketConfig, args: Arguments): Fault | null {
  const url = urlOf(bucket, args);
  return url.ok ? null : (url.faults[0] ?? null);
}

/** Where the target fetches objects, unless `--bucket-url` says it. */
function urlOf({ bucket }: BucketConfig, args: Arguments): Result<string | null> {
  if (bucket === null || bucket.kind === 'folder' || isNoBucket(bucket.address))
    return { ok: true, value: null };
  const place = args.value('config') === null ? '--bucket' : '--config';
  const url = bucketUrlOf(bucket.address, place, args);
  if (url.ok) return url;
  return { ok: false, faults: typeof url.ends === 'number' ? [] : url.ends };
}

const isNoBucket = ({ base }: { readonly base: string }): boolean => base === NO_BUCKET;

/** Suffixes of files that are loaded in different ways: settings, a program. */
const KINDS: readonly string[] = ['.json', '.js'];

/** ESA has some rules as settings, and others as a program: what loads the one file cannot load the other. */
function otherKind({ files }: Written, output: string): Compiled | null {
  const [kind, written] = [extname(output), extname(files[0]?.name ?? '')];
  if (kind === written || !KINDS.includes(kind) || !KINDS.includes(written)) return null;
  const what = `The rules need a file ${written}, and ${basename(output)} ends in ${kind}.`;
  const nearest = `An export of its own into a file that ends in ${written}.`;
  return { ok: false, refused: [{ rules: [], origins: [], methods: [], what, nearest }] };
}

/** The files of an export of no rules. Where others have other names, each write is checked again. */
function filesAtStart(compile: FollowedExport['compile'], bucket: BucketConfig): readonly ExportFile[] {
  const { store: dialect, vary, dangerouslyAllowCredentials } = bucket;
  const rules = compileRules(NO_RULES, { dialect, vary, dangerouslyAllowCredentials });
  const compiled = compile(rules, bucket, '');
  return compiled.ok ? compiled.files : [];
}

/** What follows the rules, with the writer and the reader of its files. */
function followedBy(
  line: ExportLine,
  output: string,
  args: Arguments,
  config: string | null,
): FollowedExport {
  const { target, format, allowNarrower, name } = line;
  const shared = { format, allowNarrower, name, version: VERSION };
  const compile: FollowedExport['compile'] = (rules, bucket, source) => {
    const url = urlOf(bucket, args);
    const bucketUrl = line.bucketUrl ?? (url.ok ? url.value : null);
    const compiled = compileFor(target, rules, { ...shared, bucketUrl, source });
    return compiled.ok ? (otherKind(compiled, output) ?? compiled) : compiled;
  };
  const overwrites = async (files: readonly ExportFile[], bucket: BucketConfig) => {
    const paths = files.length === 0 ? [output] : pathsFor(files, output);
    const fault = await overwriteFault(paths, { rules: filesOfBucket(bucket), config });
    if (fault === null) return null;
    const which = fault.value === output ? '' : `has the further file ${fault.value}, which `;
    return `${which}${fault.reason}; write ${fault.write}`;
  };
  return {
    target: target.name,
    file: output,
    command: args.value('exec'),
    compile,
    fault: (bucket) => overwrites(filesAtStart(compile, bucket), bucket),
    save: async (files, bucket) => {
      const fault = await overwrites(files, bucket);
      if (fault !== null) throw new Error(`${output} ${fault}`);
      const saved = await saveFiles(files, output, target.name);
      if (!saved.ok) throw new Error(`${saved.path} ${saved.reason}. ${saved.cure}`);
    },
    others: (text) => othersOf(target, text, output),
  };
}

/** The paths of the further files beside an export whose first file has this text; null: it is no export. */
function othersOf(target: Target, text: string, output: string): readonly string[] | null {
  const banner = readBanner(text);
  try {
    // JSON has no comment for a banner.
    if (banner === null) return target.read(text).ok ? [] : null;
    if (banner.target !== target.name) return null;
    const compiled = compileFor(target, rulesOfBanner(banner), { ...banner, source: '' });
    return compiled.ok ? pathsFor(compiled.files, output).slice(1) : [];
  } catch {
    // A change by hand does not stop the process that follows the rules.
    return null;
  }
}
