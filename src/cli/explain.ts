import { DIALECT_NAMES } from '../cors/behaviour.ts';
import type { Fault, Result } from '../document/fault.ts';
import { readTextFile } from '../node/files/text-file.ts';
import { type Arguments, type Command, EXIT, type Terminal } from './command.ts';
import { type Answered, answerAll } from './explain/answer.ts';
import { readQuestions, type Texts } from './explain/ask.ts';
import { styleOf } from './explain/lines.ts';
import { openSource, type Source } from './explain/open.ts';
import { showRequest } from './explain/show.ts';
import { MAX_HAR_BYTES } from './requests/har.ts';

const WIDTH = 80;

/** `explain`: why a page's request is allowed or refused, and what a browser does. */
export const EXPLAIN: Command = {
  name: 'explain',
  group: 'Understand rules',
  summary: 'why a request of a page is allowed or refused, rule by rule',
  words: '[SOURCE]',
  maxWords: 1,
  about:
    'Explains one request of a page: what the browser does, the decision rule by rule with the compared values, the ' +
    'headers of the preflight and of the request itself, and the reason of Vary. The request comes from flags, from a ' +
    'copied curl command, or from a recording. No value of a header and no query is printed.',
  flags: [
    { name: 'origin', value: 'ORIGIN', about: 'The origin of the page: `https://app.example.com`.' },
    { name: 'method', value: 'METHOD', about: 'The method of the request; GET by default.' },
    {
      name: 'headers',
      value: 'NAMES',
      about: 'The request headers that the page sets, with commas between.',
    },
    { name: 'path', value: 'PATH', about: 'The path of the object.' },
    { name: 'credentials', about: 'The page sends cookies: `credentials: "include"`.' },
    {
      name: 'curl',
      value: 'COMMAND',
      about: 'A request that "Copy as cURL" of DevTools copied; `-` reads it from standard input.',
    },
    {
      name: 'har',
      value: 'FILE',
      about: 'A recording of DevTools: explains each kind of cross-origin request.',
    },
    { name: 'url', value: 'TEXT', about: 'With `--har`: only requests whose URL contains the text.' },
    { name: 'store', value: 'NAME', choices: DIALECT_NAMES, about: 'The store whose answers count.' },
    { name: 'format', value: 'FORMAT', choices: ['table', 'json'], about: 'Text for a person, or JSON.' },
  ],
  examples: [
    {
      line: 'bucket-cors explain cors.xml --origin https://app.example.com --method PUT --headers content-type',
      about: 'A PUT with a Content-Type',
    },
    { line: 'pbpaste | bucket-cors explain cors.xml --curl -', about: 'The request in the clipboard' },
    { line: 'bucket-cors explain cors.xml --har page.har', about: 'All failing requests of a recording' },
  ],
  exits: [
    { code: EXIT.nothing, when: 'the page gets its answer' },
    { code: EXIT.findings, when: 'the page does not get its answer' },
    { code: EXIT.failed, when: 'the rules or the request could not be read' },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number | readonly Fault[]> {
  const texts = await readTexts(args);
  if (!texts.ok) return texts.faults;
  const questions = readQuestions(args, texts.value);
  if (!questions.ok) return questions.faults;
  const source = await openSource(args);
  if (!source.ok) {
    for (const line of source.faults) terminal.say(`bucket-cors: ${line}`);
    return EXIT.failed;
  }
  const answered = answerAll(source.value.rules, questions.value.asked);
  if (!answered.ok) return answered.faults;
  const { left } = questions.value;
  const isHar = texts.value.har !== null;
  const text =
    args.value('format') === 'json'
      ? json(answered.value, isHar, left)
      : table(source.value, answered.value, left, terminal);
  await terminal.print(text);
  return answered.value.every(({ explained }) => explained.browser?.passes) ? EXIT.nothing : EXIT.findings;
}

async function readTexts(args: Arguments): Promise<Result<Texts>> {
  const [curl, har] = [args.value('curl'), args.value('har')];
  const fault = (place: string, reason: string, write: string) => ({
    ok: false as const,
    faults: [{ place, reason, write }],
  });
  if (curl !== null && har !== null) return fault('--curl', 'stands beside --har', 'one of the two');
  if (args.value('url') !== null && har === null)
    return fault('--url', 'selects requests of --har', '--har too');
  if (har !== null) {
    const found = await readTextFile(har, { maxBytes: MAX_HAR_BYTES, pipe: true });
    if ('fault' in found) return fault(`--har ${har}`, found.fault, 'the path of a recording');
    return { ok: true, value: { curl: null, har: { text: found.text, place: har } } };
  }
  if (curl !== '-') return { ok: true, value: { curl, har: null } };
  if (args.words.includes('-'))
    return fault('--curl', 'reads standard input, as SOURCE does', 'a file as SOURCE');
  const found = await readTextFile('/dev/stdin', { maxBytes: MAX_HAR_BYTES, pipe: true });
  if ('fault' in found) return fault('--curl -', found.fault, 'the command in quotes');
  return { ok: true, value: { curl: found.text, har: null } };
}

function table(
  { name, rules }: Source,
  answered: readonly Answered[],
  left: number,
  { colours }: Terminal,
): string {
  const count = rules.rules.length;
  const style = styleOf(colours);
  const head = `${name}: ${count} ${count === 1 ? 'rule' : 'rules'}, answered as ${rules.behaviour.dialect.toUpperCase()} answers`;
  const more = left === 0 ? [] : ['', `${left} more kinds of requests are left out; select with --url.`];
  return [head, ...answered.flatMap((one) => ['', ...showRequest(one, style, WIDTH)]), ...more].join('\n');
}

function json(answered: readonly Answered[], isHar: boolean, left: number): string {
  const shown = answered.map(({ asked: { url, times }, explained, recorded }) =>
    isHar ? { url, times, ...explained, recorded } : explained,
  );
  return JSON.stringify(isHar ? { requests: shown, left } : shown[0], null, 2);
}
