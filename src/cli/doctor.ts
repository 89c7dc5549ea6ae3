import { type Command, EXIT } from './command.ts';
import { EXPLAIN_SOURCE_FLAGS } from './explain/open.ts';

/** `doctor`: what is wrong with a deployed URL. */
export const doctor: Command = {
  name: 'doctor',
  group: 'Understand rules',
  summary: 'Examine a deployed URL as browsers do, and say what is wrong',
  words: '[URL]',
  maxWords: 1,
  about:
    'Sends at most 20 requests to a URL: as the page sends them, without Origin, with another one, preflights, HEAD, Range, and to a missing object. It says what a browser makes of the answers: each finding with the raw lines, what it means for the page, whose fault it is and what corrects it. It sends GET, HEAD and OPTIONS only, and changes nothing. No query of the URL is printed.',
  flags: [
    { name: 'origin', value: 'ORIGIN', about: 'The origin of the page: `https://app.example.com`.' },
    {
      name: 'method',
      value: 'METHOD',
      about:
        'The method of the request; GET by default. Others than GET and HEAD are not sent: their preflight is.',
    },
    {
      name: 'headers',
      value: 'NAMES',
      about: 'The request headers that the page sets, with commas between.',
    },
    { name: 'credentials', about: 'The page sends cookies: `credentials: "include"`.' },
    {
      name: 'message',
      value: 'SENTENCE',
      about:
        'An error sentence of Chromium, Firefox or Safari: the URL, the origin and the method are read from it.',
    },
    { name: 'browser', about: 'Lets the installed Chromium and Firefox judge too.' },
    { name: 'timeout', value: 'SECONDS', about: 'How long each request waits for an answer.', preset: '10' },
    { name: 'format', value: 'FORMAT', choices: ['table', 'json'], about: 'Text for a person, or JSON.' },
    {
      name: 'rules',
      value: 'SOURCE',
      isPath: true,
      section: 'Source',
      about:
        "The bucket's rules, to compare the answers with: a file, - for standard input, the URL of a document, or any SOURCE of the other commands.",
    },
    ...EXPLAIN_SOURCE_FLAGS,
  ],
  examples: [
    {
      line: 'bucket-cors doctor https://files.example.com/photo.jpg --origin https://app.example.com',
      about: 'What a page gets that reads a file.',
    },
    {
      line: 'bucket-cors doctor https://files.example.com/new.jpg --origin https://app.example.com --method PUT --headers content-type --rules cors.xml',
      about: "An upload, compared with the bucket's rules.",
    },
    {
      line: `bucket-cors doctor --message "Access to fetch at 'https://files.example.com/photo.jpg' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."`,
      about: 'What the console of the browser says.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'Nothing is wrong; there may be notes.' },
    { code: EXIT.findings, when: 'There are errors or warnings.' },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, the rules cannot be read, or no request was answered.',
    },
  ],
  // The modules that send requests load only where they are needed.
  run: async (args, terminal) => (await import('./doctor/run.ts')).runDoctor(args, terminal),
};
