import { OPTIONS, type OptionName } from '../../config/options.ts';
import { WRITERS } from '../../document/write.ts';
import type { Flag } from '../command.ts';
import { flagOf } from '../flags.ts';

/** What a bucket is in a command: the one that is asked or changed, or the one that rules are copied from. */
export type Side = 'TARGET' | 'FROM';

/** Options of `serve` that say how a bucket is asked, with the same meaning. */
export const SIGNING_OPTIONS = [
  'store',
  'bucketName',
  'region',
  'signature',
  'credentials',
] as const satisfies readonly OptionName[];

/** The name of a flag for a side. */
export const sideFlag = (side: Side, flag: string): string => (side === 'FROM' ? `from-${flag}` : flag);

const ABOUT: Readonly<Record<(typeof SIGNING_OPTIONS)[number], string>> = {
  store: 'The kind of store, `oss` or `s3`; `oss` where its address does not say.',
  bucketName:
    "The bucket's name, for signing where its address does not contain it: an edge, a custom domain.",
  region: "The bucket's region, for signing where its address does not contain it.",
  signature: 'How requests are signed: `v4`, or with store `oss` also `v1`.',
  credentials:
    'Where the keys for signing are: `env` (`OSS_ACCESS_KEY_ID`, `AWS_ACCESS_KEY_ID` …, unsigned where they are not set), `env:PREFIX`, `file:PATH` or `none`.',
};

/** An option without its variable: those of `serve` may be meant for an edge on the same machine. */
const sideFlags = (side: Side, section: string): readonly Flag[] =>
  SIGNING_OPTIONS.map((name) => {
    const { variable: _, ...flag } = flagOf(name, section);
    return { ...flag, name: sideFlag(side, OPTIONS[name].flag), about: ABOUT[name] };
  });

const FORMS = Object.keys(WRITERS);

/** `VERB` may have the flag. */
type VerbFlag = Flag & { readonly of: readonly Verb[] };

export const VERBS = ['get', 'put', 'add', 'delete', 'copy'] as const;

export type Verb = (typeof VERBS)[number];

/** The parts of the rule that `add` adds. */
export const RULE_FLAGS: readonly Flag[] = [
  {
    name: 'origin',
    value: 'ORIGIN',
    many: true,
    about: 'An origin that the added rule allows: `https://app.example.com`, with at most one `*`.',
  },
  {
    name: 'method',
    value: 'METHOD',
    many: true,
    about: 'A method that it allows: GET, PUT, DELETE, POST or HEAD.',
  },
  {
    name: 'header',
    value: 'NAME',
    many: true,
    about: 'A request header that it allows, with at most one `*`.',
  },
  { name: 'expose', value: 'NAME', many: true, about: 'A response header that scripts may read.' },
  { name: 'max-age', value: 'SECONDS', about: 'How long browsers cache its preflights.' },
  { name: 'id', value: 'ID', about: 'Its name, for S3 and its relatives; OSS has none.' },
].map((flag): Flag => ({ ...flag, section: 'The rule of add' }) as Flag);

const WRITING: readonly Verb[] = ['put', 'add', 'delete', 'copy'];

const PER_VERB: readonly VerbFlag[] = [
  {
    name: 'to',
    value: 'FORM',
    offers: FORMS,
    preset: 'xml',
    about: `For get: the form of the document: ${FORMS.join(', ')}.`,
    of: ['get'],
  },
  {
    name: 'output',
    value: 'FILE',
    isPath: true,
    about: 'For get: the file to write, in place of standard output.',
    of: ['get'],
  },
  {
    name: 'yes',
    about: 'Writes without a question. Without it and without a terminal nothing is written.',
    of: WRITING,
  },
  {
    name: 'force',
    about:
      'For put, add and copy: writes although the check finds errors, or values there that would be lost.',
    of: ['put', 'add', 'copy'],
  },
  ...RULE_FLAGS.map((flag) => ({ ...flag, of: ['add' as const] })),
];

const FROM_FLAGS = sideFlags('FROM', 'The bucket of FROM (copy)');

export const RULES_FLAGS: readonly Flag[] = [
  ...PER_VERB.map(({ of: _, ...flag }) => flag),
  {
    name: 'bucket',
    value: 'URL',
    section: 'The bucket',
    about:
      'TARGET or TO: `oss://NAME?region=…`, `s3://NAME?region=…`, or the URL of the bucket or of an edge.',
  },
  ...sideFlags('TARGET', 'The bucket'),
  ...FROM_FLAGS,
];

/** The verbs that a flag belongs to; null: all. */
export function verbsOf(name: string): readonly Verb[] | null {
  if (FROM_FLAGS.some((flag) => flag.name === name)) return ['copy'];
  return PER_VERB.find((flag) => flag.name === name)?.of ?? null;
}
