import { OPTION_NAMES, OPTIONS, type OptionName } from '../../config/options.ts';
import type { Fault } from '../../document/fault.ts';
import type { Arguments, Flag } from '../command.ts';
import { flagOf } from '../flags.ts';
import type { ExportLine } from './line.ts';

const SECTION = 'With --watch';

/** Options of `serve` with the same meaning here, as flags and as variables. */
const SHARED = [
  'rulesTtl',
  'maxStale',
  'management',
  'stateDir',
  'redis',
  'adminHost',
  'adminPort',
  'adminToken',
  'adminMetricsToken',
  'dangerouslyOpenAdmin',
  'ownHosts',
  'logLevel',
] as const satisfies readonly OptionName[];

/** Without --watch its flag is that of a source, which has it in its own section. */
const isAlsoOfSource = (name: OptionName): boolean => name === 'adminToken';

/** What options mean where no request is served. */
const ABOUT: Readonly<Partial<Record<OptionName, Pick<Flag, 'about'>>>> = {
  management: {
    about:
      '`keep`: clients write the rules through an edge with the same storage, which `--state-dir` or `--redis` names; they are loaded from there.',
  },
  dangerouslyOpenAdmin: {
    about:
      'Serve the admin port beyond this machine without a token: every client that reaches it reads the rules, and may reload them.',
  },
  logLevel: {
    about: 'The least level of log lines to print: `debug`, `info`, `warn`, `error` or `silent`.',
  },
};

/** The options whose variables belong to `serve`, and that a configuration file has for it. */
export const NOT_WATCHED: readonly OptionName[] = OPTION_NAMES.filter(
  (name) => !SHARED.some((one) => one === name),
);

/** The flags of a watched export. */
export const WATCH_FLAGS: readonly Flag[] = [
  {
    name: 'watch',
    section: SECTION,
    about:
      'Runs on, and writes the file again whenever the rules change: by the sources, times and storage of `serve`. The log goes to standard output; health and metrics are on the admin port.',
  },
  {
    name: 'exec',
    value: 'COMMAND',
    section: SECTION,
    about:
      'What the shell runs after a new file is written, until it succeeds: `nginx -s reload`. BUCKET_CORS_FILE, BUCKET_CORS_VERSION and BUCKET_CORS_TARGET are set for it.',
  },
  ...SHARED.filter((name) => !isAlsoOfSource(name)).map((name) => ({
    ...flagOf(name, SECTION),
    ...ABOUT[name],
  })),
];

/** Flags that mean nothing beside the others: what a watch needs and excludes, and what only a watch has a use for. */
export function watchFaults(args: Arguments, line: ExportLine): readonly Fault[] {
  if (!args.on('watch'))
    return ['exec', ...SHARED.filter((name) => !isAlsoOfSource(name)).map((name) => OPTIONS[name].flag)]
      .filter((flag) => args.value(flag) !== null)
      .map((flag) => ({
        place: `--${flag}`,
        reason: 'has a meaning only with --watch',
        write: '--watch beside it, or leave it out',
      }));
  const faults: Fault[] = [];
  if (line.output === null)
    faults.push({
      place: '--output',
      reason: 'is missing: --watch writes a file again and again',
      write: '--output /etc/nginx/cors.conf',
    });
  if (line.isJson)
    faults.push({
      place: '--format',
      value: 'json',
      reason: 'prints once, and --watch runs on',
      write: line.target.formats.join(' or '),
    });
  if (line.prove)
    faults.push({
      place: '--prove',
      reason: 'proves one export, and --watch writes many',
      write: 'one of the two',
    });
  if (args.value('admin') !== null)
    faults.push({
      place: '--admin',
      reason: 'reads the rules of an edge, and --watch loads them where the edge does',
      write: '--bucket, --rules or --config as the edge has it',
    });
  return faults;
}
