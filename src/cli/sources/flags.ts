import { OPTIONS, type OptionName } from '../../config/options.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import type { Arguments, Flag } from '../command.ts';
import { flagOf } from '../flags.ts';
import { parseSource, SOURCE_EXAMPLES, type SourcePlace } from './place.ts';

/** Options of `serve` that say how a source is read, with the same meaning. */
const SIGNING = ['bucketName', 'region', 'signature', 'credentials'] as const satisfies readonly OptionName[];
const SHARED = ['store', ...SIGNING, 'rulesToken'] as const satisfies readonly OptionName[];

const SECTION = 'Source';

/** An option without its variable: those of `serve` may be meant for an edge on the same machine. */
function sharedFlag(name: (typeof SHARED)[number]): Flag {
  const { variable: _, ...flag } = flagOf(name, SECTION);
  return flag;
}

/** The flags of every command that reads rules. */
export const SOURCE_FLAGS: readonly Flag[] = [
  {
    name: 'bucket',
    value: 'URL',
    section: SECTION,
    isPath: true,
    about:
      'A bucket whose rules are read: `oss://NAME?region=…`, `s3://NAME?region=…`, its URL, or a folder. With `--admin`: the name of a bucket of that edge.',
  },
  {
    name: 'admin',
    value: 'URL',
    section: SECTION,
    about: 'The admin port of a running edge, whose rules in force are read: `http://127.0.0.1:8081`.',
  },
  {
    name: 'admin-token',
    value: 'PLACE',
    section: SECTION,
    about:
      'Where the token for `--admin` is, which a Worker and an edge with `--admin-token` require: `env:NAME` or `file:PATH`.',
  },
  ...SHARED.map(sharedFlag),
];

/**
 * The sources of a command line as words, those of `--admin` or `--bucket` last. Faults: there are not as many as
 * `count`, or a flag is given that no source has a use for.
 */
export function sourcesOf(args: Arguments, count: number): Result<readonly string[]> {
  const sources = [...args.words, ...flagSource(args)];
  const faults: Fault[] = [];
  if (sources.length < count) {
    const missing = count === 1 ? 'is missing: there are no rules to read' : 'is missing: two are compared';
    faults.push({ place: 'SOURCE', reason: missing, write: SOURCE_EXAMPLES });
  }
  for (const extra of sources.slice(count)) {
    const value = withoutSecrets(extra);
    const reason = `is one source too many: this command reads ${count}`;
    faults.push({ place: 'SOURCE', ...(value !== null && { value }), reason, write: 'it without this one' });
  }
  if (sources.filter((word) => word === '-').length > 1) {
    const reason = 'is standard input a second time, which can be read once';
    faults.push({ place: 'SOURCE', value: '-', reason, write: 'a file in its place' });
  }
  const places = sources.flatMap((word) => {
    const parsed = parseSource(word);
    return parsed.ok ? [parsed.value] : [];
  });
  return resultOf(sources, [...faults, ...useless(args, places)]);
}

function flagSource(args: Arguments): readonly string[] {
  const [bucket, admin] = [args.value('bucket'), args.value('admin')];
  if (admin === null) return bucket === null ? [] : [`bucket:${bucket}`];
  if (bucket === null || !URL.canParse(admin)) return [`admin:${admin}`];
  const url = new URL(admin);
  url.searchParams.set('bucket', bucket);
  return [`admin:${url.href}`];
}

/** Flags that would be dropped silently. */
function useless(args: Arguments, places: readonly SourcePlace[]): readonly Fault[] {
  const needs: readonly (readonly [SourcePlace['kind'], string, readonly string[]])[] = [
    ['bucket', 'a bucket', SIGNING.map((name) => OPTIONS[name].flag)],
    ['url', 'a document at a URL', [OPTIONS.rulesToken.flag]],
    ['edge', '--admin', ['admin-token']],
  ];
  return needs.flatMap(([kind, what, flags]) =>
    places.some((place) => place.kind === kind)
      ? []
      : flags
          .filter((flag) => args.value(flag) !== null)
          .map((flag) => ({
            place: `--${flag}`,
            reason: `has a meaning only for ${what}`,
            write: 'the command without it',
          })),
  );
}
