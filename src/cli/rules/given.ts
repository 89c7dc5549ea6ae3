import type { RuleSet } from '../../cors/rule.ts';
import type { Document, Fault } from '../../document/fault.ts';
import { readRuleSet } from '../../document/read.ts';
import { toXml } from '../../document/xml.ts';
import type { Arguments, Terminal } from '../command.ts';
import { openedText, openRules } from '../sources/open.ts';
import { rulesOf } from '../sources/open-all.ts';
import { isStoreKnown, type Opened } from '../sources/opened.ts';
import type { Target } from './target.ts';

/** What every verb works with. */
export interface Work {
  readonly target: Target;
  readonly args: Arguments;
  readonly terminal: Terminal;
}

/** Standard input that was the document is at its end, and has no answer to a question. */
export function unasked(work: Work, file: string | null): Work {
  const { ask: _, ...terminal } = work.terminal;
  return file === '-' ? { ...work, terminal } : work;
}

/** What a bucket has now; null after a line that says why it cannot be read. */
export async function readFrom(target: Target, terminal: Terminal): Promise<Opened | null> {
  const read = await target.read();
  if (read.ok) return read.value;
  for (const line of read.faults) terminal.say(`bucket-cors: ${line}`);
  return null;
}

/** The rules of a file or of standard input, read strictly; null after lines that say what is wrong. */
export async function rulesIn(
  file: string,
  { args, terminal }: Work,
): Promise<{ readonly opened: Opened; readonly ruleSet: RuleSet } | null> {
  const opened = await openRules(file, args, terminal);
  if (!opened.ok) {
    for (const line of opened.faults) terminal.say(`bucket-cors: ${line}`);
    return null;
  }
  const rules = rulesOf(opened.value, terminal);
  return rules.ok ? { opened: opened.value, ruleSet: rules.value } : null;
}

/** Rules are checked and compared as the bucket's own store answers, if that is known. */
export function storeOf(bucket: Opened, other: Opened): Pick<Opened, 'behaviour' | 'storeBy'> {
  const { behaviour, storeBy } = isStoreKnown(bucket.storeBy) ? bucket : other;
  return { behaviour, storeBy };
}

/** Rules as the document that is sent. */
export function asDocument(ruleSet: RuleSet, name: string, bucket: Opened): Opened {
  const opened = openedText({ kind: 'inline', name }, toXml(ruleSet), 'strict', undefined);
  return { ...opened, ...storeOf(bucket, opened) };
}

/** The rule that the flags of `add` say. */
export function ruleOf(args: Arguments): Document {
  const list = (flag: string, name: string) =>
    args.values(flag).length > 0 ? { [name]: args.values(flag) } : {};
  const single = (flag: string, name: string) => {
    const text = args.value(flag);
    return text === null ? {} : { [name]: text };
  };
  return readRuleSet({
    rules: [
      {
        ...list('origin', 'allowedOrigins'),
        ...list('method', 'allowedMethods'),
        ...list('header', 'allowedHeaders'),
        ...list('expose', 'exposeHeaders'),
        ...single('max-age', 'maxAgeSeconds'),
        ...single('id', 'id'),
      },
    ],
  });
}

const FLAG_OF: Readonly<Record<string, string>> = {
  allowedOrigins: '--origin',
  allowedMethods: '--method',
  allowedHeaders: '--header',
  exposeHeaders: '--expose',
  maxAgeSeconds: '--max-age',
  id: '--id',
};

/** A fault of the added rule, under the name of its flag. */
export const asFlags = (fault: Fault): Fault => ({
  ...fault,
  place: fault.place.replace(/^.*?(\w+)(?:\[\d+\])?$/, (whole, field: string) => FLAG_OF[field] ?? whole),
});
