import type { Command } from './command.ts';
import { OPTION_FLAGS } from './flags.ts';
import { SERVE_EXITS } from './serve.ts';

export const demo: Command = {
  name: 'demo',
  group: 'Serve a bucket',
  summary: 'Serve an example bucket, and a page that shows CORS at work',
  words: '',
  maxWords: 0,
  about:
    'Serves the example bucket of the package, and on another port a page that sends it requests of another origin and shows each decision. With --bucket or --config it is the same as serve. All flags are those of serve.',
  flags: OPTION_FLAGS,
  examples: [
    { line: 'bucket-cors demo', about: 'Then open the demo page in a browser.' },
    { line: 'bucket-cors demo --rules ./cors.xml', about: 'The example bucket by your own rules.' },
  ],
  exits: SERVE_EXITS,
  serves: true,
  run: async (args, terminal) => (await import('./serve-demo.ts')).serveDemo(args, terminal),
};
