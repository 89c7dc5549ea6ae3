import type { Fault } from '../../document/fault.ts';
import type { Compiled, ExportOptions, Target, Written } from '../../export/target.ts';
import { compileFor } from '../../export/targets.ts';
import type { Proof } from '../../node/prove/prove.ts';
import type { Prover } from '../../node/prove/prover.ts';
import { type Arguments, type Ending, EXIT, type Terminal } from '../command.ts';
import { jsonText } from '../formats/json.ts';
import { VERSION } from '../version.ts';
import type { ExportedRules } from './exported.ts';
import { pathsFor, printedFiles, saveFiles } from './files.ts';
import { type ExportLine, readLine } from './line.ts';
import { proofLines, proveExport } from './proof.ts';
import { overwriteFault } from './read-files.ts';
import { notesNaming, refusedLines, writtenLines } from './report.ts';
import { openExported } from './source.ts';
import { watchFaults } from './watch-flags.ts';

/** The programs that run exports, by target. Their modules load only for a proof. */
export type Provers = () => Promise<ReadonlyMap<string, Prover>>;

export interface ExportMeans {
  readonly targets: readonly Target[];
  readonly provers: Provers;
  /** Random requests of a proof; undefined: as many as `prove` sends. */
  readonly count: number | undefined;
}

/** Writes a target's configuration from rules, as the command line says. */
export async function runExport(
  args: Arguments,
  terminal: Terminal,
  { targets, provers, count }: ExportMeans,
): Promise<Ending> {
  const parsed = readLine(args, targets);
  if (!parsed.ok) return parsed.faults;
  const line = parsed.value;
  const unfit = watchFaults(args, line);
  if (unfit.length > 0) return unfit;
  // The modules of an edge are for this case only.
  if (args.on('watch')) return (await import('./watch.ts')).watchExport(args, terminal, line);
  const prover = line.prove ? await proverOf(line.target, provers) : null;
  if (prover !== null && 'place' in prover) return [prover];
  const source = await openExported(args, terminal);
  if (!source.ok) return source.ends;
  const compiled = compileLine(line, source.value);
  if (!compiled.ok) return refuse(compiled, line, source.value, terminal);
  if (prover !== null && compiled.unprovable) return [unprovable(line.target)];
  const paths = line.output === null ? [] : pathsFor(compiled.files, line.output);
  const read = { rules: source.value.files, config: args.value('config') };
  const overwritten = await overwriteFault(paths, read);
  if (overwritten !== null) return [overwritten];
  const proof =
    prover === null ? null : await proveExport(prover, writer(line, source.value), terminal, { count });
  if (proof !== null && !proof.ok) {
    for (const text of proof.lines) terminal.say(`bucket-cors: ${text}`);
    return EXIT.failed;
  }
  return deliver(compiled, proof?.value ?? null, line, source.value, terminal);
}

const unprovable = ({ name }: Target): Fault => ({
  place: '--prove',
  reason: `is impossible for these rules with ${name}: it has them as settings, which no program on this machine runs`,
  write: 'the command without it',
});

async function proverOf(target: Target, provers: Provers): Promise<Prover | Fault> {
  const all = await provers();
  const found = all.get(target.name);
  if (found !== undefined) return found;
  const reason = `is impossible for ${target.name}: no program on this machine runs its configurations`;
  return {
    place: '--prove',
    reason,
    write: `the command without it; ${[...all.keys()].join(', ')} can be proved`,
  };
}

/** The configuration that a line asks for. `bucketUrl` takes the place of where the target fetches objects. */
const compileLine = (
  line: ExportLine,
  source: ExportedRules,
  given: Partial<Pick<ExportOptions, 'bucketUrl' | 'allowNarrower'>> = {},
): Compiled =>
  compileFor(line.target, source.rules, {
    format: line.format,
    allowNarrower: line.allowNarrower,
    bucketUrl: line.bucketUrl ?? source.bucketUrl,
    name: line.name,
    source: source.name,
    version: VERSION,
    ...given,
  });

/** Writes the same configuration before another bucket. */
const writer =
  (line: ExportLine, source: ExportedRules) =>
  (bucketUrl: string): Written => {
    const compiled = compileLine(line, source, { bucketUrl });
    if (!compiled.ok) throw new Error(`${line.target.name} refuses the rules before the bucket of the proof`);
    return compiled;
  };

async function refuse(
  { refused }: Extract<Compiled, { ok: false }>,
  line: ExportLine,
  source: ExportedRules,
  terminal: Terminal,
): Promise<number> {
  const narrower = !line.allowNarrower && compileLine(line, source, { allowNarrower: true }).ok;
  if (line.isJson) await terminal.print(jsonText({ target: line.target.name, refused, narrower }));
  else for (const text of refusedLines(refused, source, line, narrower, terminal.width)) terminal.say(text);
  return EXIT.findings;
}

/** Writes the files where the line says, unless a proof found differences. */
async function deliver(
  compiled: Written,
  proof: Proof | null,
  line: ExportLine,
  source: ExportedRules,
  terminal: Terminal,
): Promise<number> {
  const isRight = proof === null || proof.differences === 0;
  const files = isRight ? compiled.files : [];
  const say = (texts: readonly string[]) => {
    if (!line.isJson) for (const text of texts) terminal.say(text);
  };
  if (proof !== null) say(proofLines(proof));
  if (!isRight) say(['', `bucket-cors: nothing is written: ${line.target.name} would not obey the rules`]);
  let paths: readonly string[] | null = null;
  if (line.output !== null && isRight) {
    const saved = await saveFiles(files, line.output, line.target.name);
    if (!saved.ok) {
      terminal.say(`bucket-cors: --output ${saved.path} ${saved.reason}. ${saved.cure}`);
      return EXIT.failed;
    }
    paths = saved.paths;
  }
  const [first = ''] = paths ?? compiled.files.map(({ name }) => name);
  const written = { ...compiled, notes: notesNaming(first, compiled.notes) };
  if (line.isJson) await terminal.print(jsonText(asJson(written, files, proof, line)));
  else if (line.output === null && isRight) await terminal.print(printedFiles(files).replace(/\n$/, ''));
  // At a terminal they stand below a long configuration.
  if (isRight) say(writtenLines(written, source, line, paths, terminal.width));
  return isRight ? EXIT.nothing : EXIT.findings;
}

const asJson = (
  { grade, notes, lost }: Written,
  files: Written['files'],
  proof: Proof | null,
  { target }: ExportLine,
) => ({ target: target.name, grade, notes, lost, files, ...(proof !== null && { proof }) });
