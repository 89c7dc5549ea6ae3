import { DESCRIPTIONS, type TargetDescription } from '../export/descriptions.ts';
import type { Target } from '../export/target.ts';
import { type Command, EXIT, type Flag, type Term } from './command.ts';
import { DEFAULT_NAME } from './export/line.ts';
import type { Provers } from './export/run.ts';
import { EXPORT_SOURCE_FLAGS } from './export/source.ts';
import { WATCH_FLAGS } from './export/watch-flags.ts';

/** What `--help` says about a target. */
function termOf({ name, about, formats }: TargetDescription): Term {
  const isOne = formats.length === 1 && formats[0] === 'config';
  return { name, about: isOne ? about : `${about} --format ${formats.join(' or ')}.` };
}

const FLAGS: readonly Flag[] = [
  {
    name: 'output',
    short: 'o',
    value: 'FILE',
    isPath: true,
    about:
      'The file to write, in place of standard output. Further files go beside it. All are replaced whole, or none is.',
  },
  {
    name: 'format',
    value: 'FORMAT',
    choices: ['config', 'terraform', 'json'],
    about:
      "The target's own configuration, Terraform where the target has it, or an object with the files, the grade and the notes.",
  },
  {
    name: 'name',
    value: 'NAME',
    preset: DEFAULT_NAME,
    about: 'What distinguishes this export from others in one program: letters, digits and `_`.',
  },
  {
    name: 'bucket-url',
    value: 'URL',
    about:
      'Where the target fetches objects; without it the address of the bucket that the rules were read from, else a placeholder.',
  },
  {
    name: 'allow-narrower',
    about:
      'Where the target cannot say the rules, writes what never allows more than they do, and says what is lost.',
  },
  {
    name: 'prove',
    about:
      'First runs the configuration on the real program and compares its answers with the rules. With a difference nothing is written.',
  },
];

/** The command for a table of targets, their compilers and the programs that run them. `count`: random requests of a proof. */
export const exportOf = (
  described: readonly TargetDescription[],
  targets: () => Promise<readonly Target[]>,
  provers: Provers,
  count?: number,
): Command => ({
  name: 'export',
  group: 'The same rules elsewhere',
  summary: 'Write the configuration of a CDN or a proxy that obeys the rules',
  words: 'TARGET',
  minWords: 1,
  maxWords: 1,
  offers: () => described.map(({ name }) => name),
  about:
    'Writes the configuration of another edge from rules, to standard output or a file. It is exact, or it is refused with the reasons: nothing ever allows more than the rules do. Grade, notes and what is lost go to standard error.',
  terms: { title: 'Targets', rows: described.map(termOf) },
  flags: [...FLAGS, ...EXPORT_SOURCE_FLAGS, ...WATCH_FLAGS],
  examples: [
    {
      line: 'bucket-cors export nginx --rules cors.xml -o cors.conf',
      about: 'nginx, by the rules in a file.',
    },
    {
      line: "bucket-cors export alibaba-cdn --bucket 'oss://my-bucket?region=cn-hangzhou' --format json",
      about: "Alibaba Cloud CDN in front of a bucket, by the bucket's own rules.",
    },
    {
      line: 'bucket-cors export haproxy --config bucket-cors.json --bucket media',
      about: 'HAProxy in place of serve, for a bucket of its configuration file.',
    },
    {
      line: 'bucket-cors export cloudfront --rules cors.xml --prove -o cors.js',
      about: 'CloudFront; its function answers 5,000 requests here before it is written.',
    },
    {
      line: "bucket-cors export nginx --bucket 'oss://my-bucket?region=cn-hangzhou' -o /etc/nginx/cors.conf --watch --exec 'nginx -s reload'",
      about: 'nginx follows the rules of a bucket.',
    },
  ],
  exits: [
    { code: EXIT.nothing, when: 'The configuration is written; with --watch, a signal ended it.' },
    {
      code: EXIT.findings,
      when: 'The target cannot say these rules, or a proof found differences; with --watch, it could not start.',
    },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, the rules cannot be read or have faults, the file cannot be written, or the proof could not be made.',
    },
  ],
  // Compilers and programs are for this command only: the others start without them.
  run: async (args, terminal) => {
    const { runExport } = await import('./export/run.ts');
    return runExport(args, terminal, { targets: await targets(), provers, count });
  },
});

/** The same rules at a CDN, a proxy or a gateway. */
export const exportRules: Command = exportOf(
  Object.values(DESCRIPTIONS),
  async () => (await import('../export/targets.ts')).TARGETS,
  async () => (await import('../node/prove/provers.ts')).PROVERS,
);
