import { type Arguments, type Command, type Ending, EXIT, type Terminal } from './command.ts';
import { RULES_FLAGS, VERBS } from './rules/flags.ts';
import { type Asked, askedBy } from './rules/words.ts';

/** Reads and writes the rules of a bucket without an SDK. */
export const rules: Command = {
  name: 'rules',
  group: 'Change rules',
  summary: 'Read, write, add, delete or copy the rules of a bucket',
  words: 'VERB …',
  minWords: 1,
  maxWords: 3,
  offers: () => VERBS,
  forms: ['get TARGET', 'put FILE TARGET', 'add [FILE] TARGET', 'delete TARGET', 'copy FROM TO'],
  about:
    'Changes the rules that a bucket has at its store, or behind an edge. get prints them, put replaces them by those of a file in XML or JSON (- is standard input), add appends the rule of the flags or the rules of a file, delete removes all, and copy writes the rules of a bucket to another one. TARGET, FROM and TO are oss://…, s3://…, or the URL of a bucket or of an edge. Before a write the command checks the rules, shows what they change for pages, and asks. Stores have no conditional write: the command reads the rules again right before the write, writes nothing if they have changed, and reads them afterwards. A write of another client between these two reads can still be lost; the command says so where it can see it.',
  flags: RULES_FLAGS,
  examples: [
    { line: "bucket-cors rules get 'oss://my-bucket?region=cn-hangzhou'", about: 'The rules of a bucket.' },
    {
      line: "bucket-cors rules get 'oss://my-bucket?region=cn-hangzhou' --to s3-json --output cors.json",
      about: 'As a file, for aws s3api put-bucket-cors.',
    },
    {
      line: "bucket-cors rules put cors.xml 'oss://my-bucket?region=cn-hangzhou' --yes",
      about: 'In CI; without --yes it asks.',
    },
    {
      line: "bucket-cors rules add 'oss://my-bucket?region=cn-hangzhou' --origin https://new.example.com --method GET --method HEAD --max-age 600 --yes",
      about: 'One more rule.',
    },
    {
      line: "bucket-cors rules delete 'oss://my-bucket?region=cn-hangzhou' --yes",
      about: 'All rules of a bucket.',
    },
    {
      line: "bucket-cors rules copy 'oss://my-bucket?region=cn-hangzhou' 's3://my-copy?endpoint=http://127.0.0.1:9000' --yes",
      about: 'To a store of another kind.',
    },
  ],
  exits: [
    {
      code: EXIT.nothing,
      when: 'The rules are printed, or the bucket has the rules that were asked for.',
    },
    {
      code: EXIT.findings,
      when: 'get: the bucket has no rules, or the form cannot say them. Others: nothing is written, because the check found errors, the answer was no or the rules have changed since they were read; or the bucket has other rules after the write.',
    },
    {
      code: EXIT.failed,
      when: 'The command line is wrong, a question needs a terminal and --yes is not given, the bucket cannot be read, the store refuses the write, or its outcome is unknown.',
    },
    { code: 130, when: 'Ctrl-C ended the command.' },
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<Ending> {
  const asked = askedBy(args);
  if (!asked.ok) return asked.faults;
  // Help and completion need no connections: their modules load only where a bucket is asked.
  const { createPools } = await import('../node/transport/pools.ts');
  const { pools, close } = createPools();
  try {
    return await runVerb(asked.value, args, terminal, pools);
  } finally {
    void close();
  }
}

type Pools = Parameters<typeof import('./rules/target.ts')['openTarget']>[4];

async function runVerb(asked: Asked, args: Arguments, terminal: Terminal, pools: Pools): Promise<Ending> {
  const { openTarget } = await import('./rules/target.ts');
  const verbs = await import('./rules/verbs.ts');
  const target = await openTarget(asked.target, 'TARGET', args, terminal, pools);
  const from = asked.verb === 'copy' ? await openTarget(asked.from, 'FROM', args, terminal, pools) : null;
  const faults = [target, ...(from === null ? [] : [from])].flatMap((one) => (one.ok ? [] : one.faults));
  const lines = faults.filter((one) => typeof one === 'string');
  if (faults.length > lines.length) return faults.filter((one) => typeof one !== 'string');
  for (const line of lines) terminal.say(`bucket-cors: ${line}`);
  if (!target.ok) return EXIT.failed;
  const work = { target: target.value, args, terminal };
  if (asked.verb === 'get') return verbs.get(work);
  if (asked.verb === 'delete') return verbs.remove(work);
  if (asked.verb === 'put') return verbs.put(work, asked.file);
  if (asked.verb === 'add') return verbs.add(work, asked.file);
  return from?.ok ? verbs.copy(work, from.value) : EXIT.failed;
}
