import { withoutSecrets } from '../../config/secrets.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import type { Arguments } from '../command.ts';
import { meantBy } from '../report.ts';
import { parseSource } from '../sources/place.ts';
import { RULE_FLAGS, RULES_FLAGS, VERBS, type Verb, verbsOf } from './flags.ts';

/** What a command line asks for. */
export type Asked =
  | { readonly verb: 'get' | 'delete'; readonly target: string }
  | { readonly verb: 'put'; readonly file: string; readonly target: string }
  /** Without a file the flags are the rule. */
  | { readonly verb: 'add'; readonly file: string | null; readonly target: string }
  | { readonly verb: 'copy'; readonly from: string; readonly target: string };

/** The words of each verb. */
const FORMS: Readonly<Record<Verb, readonly string[]>> = {
  get: ['TARGET'],
  put: ['FILE', 'TARGET'],
  add: ['FILE', 'TARGET'],
  delete: ['TARGET'],
  copy: ['FROM', 'TO'],
};

const WRITES: Readonly<Record<string, string>> = {
  FILE: 'a file with rules in XML or JSON, or - for standard input',
  TARGET: 'the bucket: oss://…, s3://…, or the URL of the bucket or of an edge',
  FROM: 'the bucket whose rules are copied',
  TO: 'the bucket that gets the rules',
};

/** The verb and its words. All faults of words and flags are found at once. */
export function askedBy(args: Arguments): Result<Asked> {
  const [word = '', ...given] = args.words;
  const verb = VERBS.find((one) => one === word);
  if (verb === undefined) return { ok: false, faults: [verbFault(word)] };
  const bucket = args.value('bucket');
  const words = bucket === null ? given : [...given, bucket];
  const hasRule = RULE_FLAGS.some(({ name }) => args.values(name).length > 0);
  const form = verb === 'add' && (hasRule || words.length < 2) ? ['TARGET'] : FORMS[verb];
  const faults = [
    ...form.slice(words.length).map((place) => ({
      place,
      reason: 'is missing',
      write: WRITES[place] ?? place,
    })),
    ...words.slice(form.length).map((text): Fault => {
      const value = withoutSecrets(text);
      const reason =
        hasRule && verb === 'add'
          ? 'is one word too many beside the flags of a rule'
          : 'is one word too many';
      return {
        place: verb,
        ...(value !== null && { value }),
        reason,
        write: `bucket-cors rules ${verb} ${form.join(' ')}`,
      };
    }),
    ...(verb === 'add' && form.length === 1 ? partFaults(args) : []),
    ...otherFlags(verb, args),
  ];
  const [first = '', second = ''] = words;
  if (form[0] === 'FILE') faults.push(...fileFaults(first));
  return resultOf(askedFor(verb, form.length === 1 ? [first] : [first, second]), faults);
}

function askedFor(verb: Verb, [first = '', second]: readonly string[]): Asked {
  if (verb === 'get' || verb === 'delete') return { verb, target: first };
  if (verb === 'put') return { verb, file: first, target: second ?? '' };
  if (verb === 'copy') return { verb, from: first, target: second ?? '' };
  return second === undefined ? { verb, file: null, target: first } : { verb, file: first, target: second };
}

/** Rules of buckets are copied, and their words may have been changed over. */
function fileFaults(word: string): readonly Fault[] {
  const place = parseSource(word);
  if (!place.ok || (place.value.kind !== 'bucket' && place.value.kind !== 'edge')) return [];
  const value = withoutSecrets(word);
  const write = 'a file before the bucket; rules copy FROM TO copies the rules of a bucket';
  return [{ place: 'FILE', ...(value !== null && { value }), reason: 'is a bucket or an edge', write }];
}

function verbFault(word: string): Fault {
  const value = withoutSecrets(word);
  const write = meantBy(word, VERBS) ?? VERBS.join(', ');
  return { place: 'VERB', ...(value !== null && { value }), reason: 'is not a verb of rules', write };
}

/** A rule has at least one origin and one method. */
const partFaults = (args: Arguments): readonly Fault[] =>
  [
    ['origin', 'https://app.example.com'],
    ['method', 'GET'],
  ].flatMap(([name = '', example = '']) =>
    args.values(name).length > 0
      ? []
      : [
          {
            place: `--${name}`,
            reason: 'is missing: a rule has at least one',
            write: `--${name} ${example}, or a file with rules before TARGET`,
          },
        ],
  );

/** Flags that would be dropped silently. */
const otherFlags = (verb: Verb, args: Arguments): readonly Fault[] =>
  RULES_FLAGS.flatMap(({ name }) => {
    const verbs = verbsOf(name);
    if (verbs === null || verbs.includes(verb) || args.values(name).length === 0) return [];
    return [
      {
        place: `--${name}`,
        reason: `has a meaning only for rules ${verbs.join(', ')}`,
        write: 'the command without it',
      },
    ];
  });
