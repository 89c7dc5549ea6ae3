import { DESCRIPTIONS, type TargetDescription } from '../export/descriptions.ts';
import { AUDITED_RULES } from './audit/line.ts';
import { type Command, EXIT } from './command.ts';
import { EXPORT_SOURCE_FLAGS } from './export/source.ts';

const DESCRIBED: readonly TargetDescription[] = Object.values(DESCRIPTIONS);
const EXPORTED = 'A file that `bucket-cors export` wrote for this target.';

/** Where a deployed configuration and a bucket's rules differ. */
export const audit: Command = {
  name: 'audit',
  group: 'The same rules elsewhere',
  summary: 'Find where a deployed configuration and the rules differ',
  words: 'TARGET FILE',
  minWords: 2,
  maxWords: 2,
  offers: () => [...DESCRIBED.map(({ name }) => name), AUDITED_RULES],
  about:
    "Reads the configuration back that is deployed at a CDN or a proxy, and says by origin, method and header where it lets pages do more or less than the bucket's rules, and what would correct it. FILE is a path, - for standard input, or the URL of the file. For the target `rules` it is another bucket's rules: any SOURCE of the other commands.",
  terms: {
    title: 'Targets',
    rows: [
      ...DESCRIBED.map(({ name, audited }) => ({ name, about: audited ?? EXPORTED })),
      { name: AUDITED_RULES, about: "Another bucket's rules, such as those of a copy." },
    ],
  },
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json', 'github'],
      about: 'How differences are printed: for a person, as JSON, or as annotations of GitHub Actions.',
    },
    ...EXPORT_SOURCE_FLAGS,
  ],
  examples: [
    {
      line: 'bucket-cors audit nginx cors.conf --rules cors.xml',
      about: 'A file that bucket-cors export wrote, against the rules as they are now.',
    },
    {
      line: "kubectl get httproute files -o json | bucket-cors audit gateway-api - --bucket 'oss://my-bucket?region=cn-hangzhou'",
      about: "What a gateway has in force, against the bucket's own rules.",
    },
    {
      line: 'bucket-cors audit rules new.xml --rules cors.xml --format github',
      about: 'Two documents that are to say the same, as annotations of GitHub Actions.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'No request is answered otherwise.' },
    { code: EXIT.findings, when: 'There are differences, or the file was edited after it was exported.' },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, the file or the rules cannot be read, or not all requests could be compared.',
    },
  ],
  // Compilers are for this command only: the others start without them.
  run: async (args, terminal) => {
    const { TARGETS } = await import('../export/targets.ts');
    return (await import('./audit/run.ts')).runAudit(args, terminal, TARGETS);
  },
};
