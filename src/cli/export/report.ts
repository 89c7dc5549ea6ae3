import type { Grade } from '../../export/outcome.ts';
import type { Inexpressible, Note, Written } from '../../export/target.ts';
import { quoted } from '../completion/offers.ts';
import { listed, wrapped } from '../explain/lines.ts';
import { visible } from '../formats/paint.ts';
import type { ExportedRules } from './exported.ts';
import type { ExportLine } from './line.ts';

/** The notes with the first file in the place of `FILE`, quoted for a shell where it must be. */
export function notesNaming(file: string, notes: readonly Note[]): readonly Note[] {
  const word = /^[\w./][\w./:@=,+-]*$/.test(file) ? file : quoted(file);
  return notes.map((note) =>
    note.command === undefined ? note : { ...note, command: note.command.replace(/\bFILE\b/g, () => word) },
  );
}

/** Columns where the terminal does not say. */
const WIDTH = 80;

const GRADES: Readonly<Record<Grade, string>> = {
  equal:
    'every CORS header is byte for byte what the edge would send, and Vary has the same names; their order may differ.',
  'same verdict':
    'a browser allows the same requests and scripts read the same; other bytes may differ from what the edge would send.',
};

/**
 * What a person must know about a configuration: its rules, its grade, where its files go, what is lost, and the notes.
 * `paths`: where the files are; null if they were printed.
 */
export function writtenLines(
  { files, grade, notes, lost }: Written,
  source: ExportedRules,
  { target }: Pick<ExportLine, 'target'>,
  paths: readonly string[] | null,
  width = WIDTH,
): readonly string[] {
  const say = (text: string) => wrapped('bucket-cors: ', visible(text), width);
  // A device has all files.
  const names = files.map(({ name }, at) => (paths?.length === files.length ? paths[at] : name));
  const device = paths !== null && paths.length < files.length ? say(`written: ${paths.join(', ')}`) : [];
  return [
    ...say(`${target.name} by ${source.name}: ${rulesText(source)}`),
    ...say(`grade: ${grade}${lost.length === 0 ? '' : ' for the rules that are left'}; ${GRADES[grade]}`),
    ...device,
    ...files.flatMap(({ use }, at) => say(`${names[at]}: ${use}`)),
    ...(lost.length === 0 ? [] : say('lost, because --allow-narrower is given:')),
    ...lost.flatMap((one) => inexpressibleLines(one, width)),
    ...notes.flatMap((note) => noteLines(note, width)),
  ];
}

function noteLines({ about, command }: Note, width: number): readonly string[] {
  // A command is copied: it stands in a line of its own.
  return [
    ...wrapped('bucket-cors: note: ', visible(about), width),
    ...(command === undefined ? [] : [`    ${visible(command)}`]),
  ];
}

/** Why a target cannot say the rules. `narrower`: whether a configuration that allows less can be written. */
export function refusedLines(
  refused: readonly Inexpressible[],
  source: ExportedRules,
  { target }: Pick<ExportLine, 'target'>,
  narrower: boolean,
  width = WIDTH,
): readonly string[] {
  const say = (text: string) => wrapped('bucket-cors: ', visible(text), width);
  return [
    ...say(
      `${target.name} cannot say the rules of ${source.name} (${rulesText(source)}); nothing is written.`,
    ),
    ...refused.flatMap((one) => inexpressibleLines(one, width)),
    ...(narrower
      ? say(
          '--allow-narrower writes a configuration that never allows more than the rules do, and says what is lost.',
        )
      : []),
  ];
}

/** A finding: where, what, and the nearest that there is. */
export function inexpressibleLines(
  { rules, origins, methods, what, nearest }: Inexpressible,
  width: number,
): readonly string[] {
  const place =
    rules.length === 0
      ? 'all rules'
      : `${rules.length === 1 ? 'rule' : 'rules'} ${listed(rules.map(String))}`;
  return [
    ...wrapped('  ', place, width),
    ...(origins.length === 0 ? [] : wrapped('    origins: ', listed(origins), width)),
    ...(methods.length === 0 ? [] : wrapped('    methods: ', listed(methods), width)),
    ...wrapped('    ', visible(what), width),
    ...wrapped('    nearest: ', visible(nearest), width),
  ];
}

/** `3 rules, answered as by an edge in front of store oss`. */
function rulesText({ rules, hasRules, isStoreKnown }: ExportedRules): string {
  const count = rules.rules.length;
  const what = hasRules ? `${count} ${count === 1 ? 'rule' : 'rules'}` : 'no rules';
  const other = isStoreKnown ? '' : ' (--store names another)';
  return `${what}, answered as by an edge in front of store ${rules.behaviour.dialect}${other}`;
}
