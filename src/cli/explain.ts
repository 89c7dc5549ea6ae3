import type { Fault } from '../document/fault.ts';
import { type Arguments, type Command, EXIT, type Terminal } from './command.ts';
import { type Answered, answerAll } from './explain/answer.ts';
import { readQuestions } from './explain/ask.ts';
import { EXPLAIN_SOURCE_FLAGS, openSource, type Source } from './explain/open.ts';
import { showAll } from './explain/show.ts';
import { readTexts } from './explain/texts.ts';
import { jsonText } from './formats/json.ts';
import { paintFor, visible } from './formats/paint.ts';

const WIDTH = 80;

/** `explain`: why a page's request is allowed or refused, and what a browser does. */
export const explain: Command = {
  name: 'explain',
  group: 'Understand rules',
  summary: 'Show why a request of a page is allowed or refused',
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
      isPath: true,
      about: 'A recording of DevTools: explains each kind of cross-origin request.',
    },
    { name: 'url', value: 'TEXT', about: 'With `--har`: only requests whose URL contains the text.' },
    { name: 'format', value: 'FORMAT', choices: ['table', 'json'], about: 'Text for a person, or JSON.' },
    ...EXPLAIN_SOURCE_FLAGS,
  ],
  examples: [
    {
      line: 'bucket-cors explain cors.xml --origin https://app.example.com --method PUT',
      about: 'A PUT of a page.',
    },
    {
      line: 'pbpaste | bucket-cors explain cors.xml --curl -',
      about: 'The request in the clipboard of a Mac.',
    },
    {
      line: 'bucket-cors explain cors.xml --har page.har',
      about: 'Every kind of cross-origin request of a recording.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'The page gets its answer, by the rules.' },
    { code: EXIT.findings, when: 'The page does not get its answer, by the rules.' },
    { code: EXIT.failed, when: 'The command line is wrong, or the rules or the request cannot be read.' },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number | readonly Fault[]> {
  const texts = await readTexts(args);
  if (!texts.ok) return texts.faults;
  const questions = readQuestions(args, texts.value);
  if (!questions.ok) return questions.faults;
  const source = await openSource(args, terminal);
  if (!source.ok) return source.ends;
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

function table(
  { name, rules, isStoreKnown }: Source,
  answered: readonly Answered[],
  left: number,
  { colours, width = WIDTH }: Terminal,
): string {
  const count = rules.rules.length;
  const paint = paintFor(colours);
  const head = `${visible(name)}: ${count} ${count === 1 ? 'rule' : 'rules'}, answered as by an edge in front of store ${rules.behaviour.dialect}${isStoreKnown ? '' : ' (--store names another)'}`;
  const more = left === 0 ? [] : ['', `${left} more kinds of requests are left out; select with --url.`];
  const isUnsure = answered.some(({ asked }) => asked.isRecorded && !asked.credentials);
  return [head, ...showAll(answered, paint, width), ...(isUnsure ? ['', NO_COOKIES] : []), ...more].join(
    '\n',
  );
}

/** Chromium's default recording leaves them out. */
const NO_COOKIES = 'Cookies are not in the recording; --credentials judges a page that sends them.';

function json(answered: readonly Answered[], isHar: boolean, left: number): string {
  const shown = answered.map(({ asked: { url, times }, explained, recorded }) =>
    isHar ? { url, times, ...explained, recorded } : explained,
  );
  return jsonText(isHar ? { requests: shown, left } : shown[0]);
}
