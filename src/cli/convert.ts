import { type Fault, faultText } from '../document/fault.ts';
import { WRITERS, type WriteOptions, type WrittenForm, writeDocument } from '../document/write.ts';
import { replaceFile } from '../node/files/replace-file.ts';
import { type Arguments, type Command, EXIT, type Terminal } from './command.ts';
import { jsonText } from './formats/json.ts';
import { SOURCE_FLAGS } from './sources/flags.ts';
import { openAll, rulesOf } from './sources/open-all.ts';
import { isStoreKnown, type Opened } from './sources/opened.ts';

const FORMS = Object.keys(WRITERS) as readonly WrittenForm[];

/** The same rules in another form. */
export const convert: Command = {
  name: 'convert',
  group: 'Understand rules',
  summary: 'Write rules in the form of another store or tool',
  words: '[SOURCE]',
  maxWords: 1,
  about:
    'Writes the same rules in another form to standard output, and to standard error what that form leaves out although no decision depends on it. Where the form cannot say the rules, it says why and writes nothing. SOURCE is a file, - for standard input, the URL of a document, oss://… or s3://… for a bucket, bucket:URL or admin:URL of a running edge.',
  flags: [
    { name: 'to', value: 'FORM', offers: FORMS, about: `The form: ${FORMS.join(', ')}.` },
    { name: 'output', value: 'FILE', isPath: true, about: 'The file to write, in place of standard output.' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json'],
      about:
        'How the result is printed: the document itself (table), or an object with it, its notes and the reasons of a refusal.',
    },
    ...SOURCE_FLAGS,
  ],
  examples: [
    { line: 'bucket-cors convert cors.xml --to s3-json', about: 'For aws s3api put-bucket-cors.' },
    {
      line: 'bucket-cors convert cors.xml --to r2 --output cors.json',
      about: 'For wrangler r2 bucket cors set.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'The document is written.' },
    { code: EXIT.findings, when: 'The form cannot say these rules.' },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, the source cannot be read or has faults, or the file cannot be written.',
    },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number | readonly Fault[]> {
  const form = FORMS.find((one) => one === args.value('to'));
  if (form === undefined) return [formFault(args.value('to'))];
  const given = await openAll(args, 1, terminal);
  if (!given.ok) return given.ends;
  const [opened] = given.value;
  if (opened === undefined) return EXIT.failed;
  const rules = rulesOf(opened, terminal);
  if (!rules.ok) return rules.ends;
  const written = writeDocument(rules.value, form, optionsOf(opened));
  const faults = written.ok ? [] : written.faults;
  const notes = written.ok ? written.value.notes : [];
  const text = written.ok ? written.value.text : null;
  const isJson = args.value('format') === 'json';
  if (!isJson) for (const fault of [...faults, ...notes]) terminal.say(`bucket-cors: ${faultText(fault)}`);
  const output = args.value('output');
  if (output !== null && text !== null && !(await save(output, text, terminal))) return EXIT.failed;
  if (isJson) await terminal.print(jsonText({ form, text, notes, faults }));
  else if (output === null && text !== null) await terminal.print(text.trimEnd());
  return text === null ? EXIT.findings : EXIT.nothing;
}

function formFault(value: string | null): Fault {
  const reason = value === null ? 'is missing' : 'is not a form that rules are written in';
  return { place: '--to', ...(value !== null && { value }), reason, write: FORMS.join(', ') };
}

function optionsOf({ document, behaviour, storeBy }: Opened): WriteOptions {
  return {
    ...(isStoreKnown(storeBy) && { store: behaviour.dialect }),
    ...(document.ok && { placeOf: document.placeOf }),
  };
}

/** Writes a file for `--output`, or says why that is impossible. */
export async function save(path: string, text: string, terminal: Terminal): Promise<boolean> {
  try {
    await replaceFile(path, text);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.say(
      `bucket-cors: --output ${path} could not be written: ${why}. Check the path and its permissions.`,
    );
    return false;
  }
}
