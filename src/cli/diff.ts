import { isDeepStrictEqual } from 'node:util';
import { changesOf } from '../analysis/changes.ts';
import { type Behaviour, DIALECT_NAMES } from '../cors/behaviour.ts';
import { compileRules } from '../cors/compile.ts';
import { toXml } from '../document/xml.ts';
import { type Arguments, type Command, EXIT, type Terminal } from './command.ts';
import { type Comparison, changesGithub, changesJson, changesTable } from './formats/changes.ts';
import { paintFor } from './formats/paint.ts';
import { textDiff } from './formats/text-diff.ts';
import { SOURCE_FLAGS } from './sources/flags.ts';
import { openAll, rulesOf } from './sources/open-all.ts';
import { isStoreKnown, type Opened, STORE_BY } from './sources/opened.ts';

const ONLY = ['all', 'wider', 'narrower'] as const;

/** What a change of rules means: as text, and for pages. */
export const diff: Command = {
  name: 'diff',
  group: 'Understand rules',
  summary: 'Show what a change of rules lets in, and whom it locks out',
  words: 'A [B]',
  maxWords: 2,
  about:
    'Compares two rule sets, A before and B after: a textual diff of both in one form, and in sentences what pages may do from now on, what they lose, and which answers change. Each is a file, - for standard input, the URL of a document, oss://… or s3://…, bucket:URL or admin:URL of a running edge. --bucket and --admin stand for B.',
  flags: [
    {
      name: 'only',
      value: 'CHANGES',
      choices: ONLY,
      about: 'Shows and counts all changes, or those alone that let more in (wider) or less (narrower).',
    },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json', 'github'],
      about: 'How changes are printed: for a person, as JSON, or as annotations of GitHub Actions.',
    },
    ...SOURCE_FLAGS,
  ],
  examples: [
    { line: 'bucket-cors diff old.xml new.xml', about: 'Two files.' },
    {
      line: 'bucket-cors diff cors.xml --admin http://127.0.0.1:8081',
      about: 'A file, and what a running edge has in force.',
    },
    {
      line: 'git show origin/main:cors.xml | bucket-cors diff - cors.xml --only wider',
      about: 'In a pull request: fails if it lets more in.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'No request is answered otherwise; with --only: no change is of that kind.' },
    { code: EXIT.findings, when: 'There are changes.' },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, a source cannot be read or has faults, or not all requests could be compared.',
    },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal) {
  const opened = await openAll(args, 2, terminal);
  if (!opened.ok) return opened.ends;
  const [before, after] = opened.value;
  if (before === undefined || after === undefined) return EXIT.failed;
  const compared = compare(before, after, args, terminal);
  if (!compared.ok) return compared.ends;
  const text = FORMATS[args.value('format') ?? 'table']?.(compared.value, terminal) ?? '';
  if (text !== '') await terminal.print(text);
  if (compared.value.changes.length > 0) return EXIT.findings;
  // No change among the requests that were compared proves nothing about the others.
  return compared.value.complete ? EXIT.nothing : EXIT.failed;
}

const FORMATS: Readonly<Record<string, (found: Comparison, terminal: Terminal) => string>> = {
  table: (found, { colours, width }) => changesTable(found, paintFor(colours), width),
  json: changesJson,
  github: changesGithub,
};

/** Compares two sources; `args` may have `--only`. A source with faults is written to standard error. */
export function compare(before: Opened, after: Opened, args: Arguments, terminal: Terminal) {
  const [one, other] = [rulesOf(before, terminal), rulesOf(after, terminal)];
  if (!one.ok) return one;
  if (!other.ok) return other;
  const pairs = behavioursOf(before, after);
  const only = ONLY.find((word) => word === args.value('only')) ?? 'all';
  const text = textDiff(
    { name: before.name, text: toXml(one.value) },
    { name: after.name, text: toXml(other.value) },
  );
  const found = pairs.map(([was, is]) =>
    text.length === 0 && isDeepStrictEqual(was, is)
      ? { changes: [], complete: true }
      : changesOf(compileRules(one.value, was), compileRules(other.value, is)),
  );
  // Stores differ in few answers: most changes are the same in each.
  const distinct = new Map(found.flatMap(({ changes }) => changes).map((one) => [JSON.stringify(one), one]));
  const value: Comparison = {
    before,
    after,
    text,
    stores: [...new Set(pairs.flat().map(({ dialect }) => dialect))],
    only,
    changes: [...distinct.values()].filter(
      ({ isWider, isNarrower }) => only === 'all' || (only === 'wider' ? isWider : isNarrower),
    ),
    complete: found.every(({ complete }) => complete),
  };
  return { ok: true, value } as const;
}

/**
 * Rules are compared as one store answers, unless each source names its own. Plain XML and the JSON of OSS may be of any
 * store: they are compared as every store answers, since a change may let more in with one of them only.
 */
function behavioursOf(before: Opened, after: Opened): readonly (readonly [Behaviour, Behaviour])[] {
  if (isStoreKnown(before.storeBy) && isStoreKnown(after.storeBy))
    return [[before.behaviour, after.behaviour]];
  const isFirst = STORE_BY.indexOf(before.storeBy) <= STORE_BY.indexOf(after.storeBy);
  const { behaviour, storeBy } = isFirst ? before : after;
  if (storeBy !== 'default') return [[behaviour, behaviour]];
  return DIALECT_NAMES.map((dialect) => [
    { ...behaviour, dialect },
    { ...behaviour, dialect },
  ]);
}
