import type { Domains } from '../analysis/check/domains.ts';
import { sentenceOf } from '../analysis/sentence.ts';
import type { Severity } from '../document/codes.ts';
import type { Fault } from '../document/fault.ts';
import { loadDomains } from '../node/domains.ts';
import { replaceFile } from '../node/files/replace-file.ts';
import { type Arguments, type Command, EXIT, type Terminal } from './command.ts';
import { counts, findingsOf } from './findings.ts';
import { fixOf } from './fix.ts';
import { checkGithub } from './formats/check-github.ts';
import { checkJson } from './formats/check-json.ts';
import { folded } from './formats/fold.ts';
import { jsonText } from './formats/json.ts';
import { paintFor, visible } from './formats/paint.ts';
import type { Report } from './formats/report.ts';
import { sarifLog } from './formats/sarif.ts';
import { checkTable } from './formats/table.ts';
import { paintDiff } from './formats/text-diff.ts';
import { SOURCE_FLAGS } from './sources/flags.ts';
import { type Given, openAll } from './sources/open-all.ts';
import type { Opened } from './sources/opened.ts';

const LEAST: readonly Severity[] = ['warning', 'error', 'note'];

/** Lints rules before they hurt. */
export const check: Command = {
  name: 'check',
  group: 'Understand rules',
  summary: 'Find mistakes in rules before they hurt',
  words: '[SOURCE]',
  maxWords: 1,
  about:
    'Reads rules and lists what is wrong with them, each with its place, the reason and what to write. SOURCE is a file, - for standard input, the URL of a document, oss://… or s3://… for a bucket, bucket:URL or admin:URL of a running edge. docs/checks.md explains every code.',
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json', 'sarif', 'github'],
      about:
        'How findings are printed: for a person, as JSON, as SARIF 2.1.0, or as annotations of GitHub Actions.',
    },
    {
      name: 'severity',
      value: 'LEAST',
      choices: LEAST,
      about: 'The least severity that makes the exit code 1. All findings are printed.',
    },
    {
      name: 'fix',
      about:
        'Corrects the file where that lets no page do more: shows the difference, then writes the file in its own form. Comments are lost.',
    },
    ...SOURCE_FLAGS,
  ],
  examples: [
    { line: 'bucket-cors check cors.xml', about: 'A file.' },
    { line: "bucket-cors check 'oss://my-bucket?region=cn-hangzhou'", about: 'The rules of a bucket.' },
    {
      line: 'bucket-cors check --admin http://127.0.0.1:8081',
      about: 'The rules in force in a running edge.',
    },
    { line: 'bucket-cors check cors.xml --format sarif > cors.sarif', about: 'For code scanning.' },
  ],
  exits: [
    { code: EXIT.nothing, when: 'Nothing of the counted severity is found.' },
    { code: EXIT.findings, when: 'There are findings.' },
    { code: EXIT.failed, when: 'The command line is wrong, or the source cannot be read.' },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number | readonly Fault[]> {
  const given = await openAll(args, 1, terminal);
  if (!given.ok) return given.ends;
  const [first] = given.value;
  if (first === undefined) return EXIT.failed;
  const domains = await loadDomains();
  const opened = args.on('fix')
    ? await fixed(first, domains, args, terminal)
    : { ok: true as const, value: first };
  if (!opened.ok) return opened.ends;
  const report: Report = { opened: opened.value, ...findingsOf(opened.value, domains) };
  const text = FORMATS[args.value('format') ?? 'table']?.(report, terminal) ?? '';
  if (text !== '') await terminal.print(text);
  const least = LEAST.find((word) => word === args.value('severity')) ?? 'warning';
  return report.findings.some((one) => counts(one, least)) ? EXIT.findings : EXIT.nothing;
}

const FORMATS: Readonly<Record<string, (report: Report, terminal: Terminal) => string>> = {
  table: (report, { colours, width }) => checkTable(report, colours, width),
  json: checkJson,
  sarif: (report) => jsonText(sarifLog(report)),
  github: checkGithub,
};

/** Corrects the file and opens it again. What is corrected is printed before it is written. */
async function fixed(
  opened: Opened,
  domains: Domains,
  args: Arguments,
  terminal: Terminal,
): Promise<Given<Opened>> {
  if (opened.kind !== 'file' || opened.path === undefined) {
    const reason = 'corrects a file, and the source is not one';
    return { ok: false, ends: [{ place: '--fix', reason, write: 'the command without it, or a file' }] };
  }
  const fix = fixOf(opened, domains);
  if (fix === null || 'refused' in fix) {
    const why = fix?.refused ?? `${opened.name} has nothing that --fix corrects`;
    terminal.say(`bucket-cors: ${why}`);
    return { ok: true, value: opened };
  }
  const isTable = args.value('format') === 'table';
  // Standard error may be no terminal.
  const paint = paintFor(isTable && terminal.colours);
  const lines = [
    ...paintDiff(fix.diff, paint),
    '',
    ...folded(
      [
        ...fix.changes.map(sentenceOf),
        ...fix.notes.map((note) => `Note: ${visible(note)}`),
        visible(`Corrected: ${fix.fixed.map(({ code, place }) => `${code} ${place}`).join(', ')}`),
      ],
      terminal.width,
    ),
    '',
  ];
  if (isTable) await terminal.print(lines.join('\n'));
  else for (const line of lines) terminal.say(line);
  try {
    await replaceFile(opened.path, fix.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.say(
      `bucket-cors: ${opened.name} could not be written: ${why}. Check its permissions and its folder's.`,
    );
    return { ok: false, ends: EXIT.failed };
  }
  const again = await openAll(args, 1, terminal);
  const [written] = again.ok ? again.value : [];
  return written === undefined ? { ok: false, ends: EXIT.failed } : { ok: true, value: written };
}
