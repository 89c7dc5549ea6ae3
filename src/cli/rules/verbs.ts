import type { RuleSet } from '../../cors/rule.ts';
import { type Fault, faultText } from '../../document/fault.ts';
import { WRITERS, type WrittenForm, writeDocument } from '../../document/write.ts';
import { EXIT } from '../command.ts';
import { save } from '../convert.ts';
import { visible } from '../formats/paint.ts';
import { openedText } from '../sources/open.ts';
import { rulesOf } from '../sources/open-all.ts';
import { isStoreKnown, type Opened } from '../sources/opened.ts';
import { carryOut } from './change.ts';
import { asDocument, asFlags, readFrom, ruleOf, rulesIn, storeOf, unasked, type Work } from './given.ts';
import { fitted, unreadIn } from './lost.ts';
import { hasAlready, isSameRule } from './same.ts';
import { showDiff, showFindings, showMeaning } from './show.ts';
import type { Target } from './target.ts';

type Ends = number | readonly Fault[];

/** Prints the rules of a bucket. */
export async function get({ target, args, terminal }: Work): Promise<Ends> {
  const named = args.value('to') ?? 'xml';
  const form = (Object.keys(WRITERS) as WrittenForm[]).find((one) => one === named);
  if (form === undefined) {
    const reason = 'is not a form that rules are written in';
    return [{ place: '--to', value: named, reason, write: Object.keys(WRITERS).join(', ') }];
  }
  const read = await readFrom(target, terminal);
  if (read === null) return EXIT.failed;
  if (!read.hasRules) {
    terminal.say(`bucket-cors: ${target.name} has no rules`);
    return EXIT.findings;
  }
  const rules = rulesOf(read, terminal);
  if (!rules.ok) return rules.ends;
  const written = writeDocument(rules.value, form, {
    ...(isStoreKnown(read.storeBy) && { store: target.store }),
    ...(target.bucket !== undefined && { bucket: target.bucket }),
    ...(read.document.ok && { placeOf: read.document.placeOf }),
  });
  const lines = written.ok ? written.value.notes : written.faults;
  for (const fault of lines) terminal.say(`bucket-cors: ${faultText(fault)}`);
  if (!written.ok) return EXIT.findings;
  const output = args.value('output');
  if (output === null) await terminal.print(written.value.text.trimEnd());
  else if (!(await save(output, written.value.text, terminal))) return EXIT.failed;
  return EXIT.nothing;
}

/** Replaces the rules of a bucket by those of a file or of standard input. */
export async function put(given: Work, file: string): Promise<Ends> {
  const work = unasked(given, file);
  const { target, terminal } = work;
  const document = await rulesIn(file, work);
  if (document === null) return EXIT.failed;
  const before = await readFrom(target, terminal);
  if (before === null) return EXIT.failed;
  const { opened, ruleSet } = document;
  return replace(work, before, { ...opened, ...storeOf(before, opened) }, ruleSet);
}

/** Appends a rule, or the rules of a file, to those of a bucket. */
export async function add(all: Work, file: string | null): Promise<Ends> {
  const work = unasked(all, file);
  const { target, args, terminal } = work;
  const flags = file === null ? ruleOf(args) : null;
  if (flags !== null && !flags.ok) return flags.faults.map(asFlags);
  const given = file === null ? flags?.ruleSet : (await rulesIn(file, work))?.ruleSet;
  if (given === undefined) return EXIT.failed;
  const before = await readFrom(target, terminal);
  if (before === null) return EXIT.failed;
  const unread = unreadIn(before);
  if (unread !== null && (!args.on('force') || !before.document.ok)) {
    const line = `${target.name} ${unread}, and would lose it: nothing is written`;
    terminal.say(`bucket-cors: ${line}. Write the whole document with rules put.`);
    return EXIT.findings;
  }
  const old = before.document.ok ? before.document.ruleSet : { rules: [], responseVary: false };
  const fresh = given.rules.filter((rule) => !old.rules.some((one) => isSameRule(one, rule)));
  const ruleSet: RuleSet = {
    rules: [...old.rules, ...fresh],
    responseVary: old.responseVary || given.responseVary,
  };
  const added = fresh.length === 1 ? 'one more rule' : `${fresh.length} more rules`;
  const opened = asDocument(ruleSet, `${target.name} with ${added}`, before);
  return replace(work, before, opened, ruleSet, old.rules.length + 1);
}

/** Removes all rules of a bucket. */
export async function remove(work: Work): Promise<Ends> {
  const { target, args, terminal } = work;
  const before = await readFrom(target, terminal);
  if (before === null) return EXIT.failed;
  if (!before.hasRules) {
    await terminal.print(`${visible(target.name)} has no rules: there is nothing to delete.`);
    return EXIT.nothing;
  }
  const after = openedText({ kind: 'bucket', name: 'no rules' }, '<CORSConfiguration/>', 'store', undefined);
  await showDiff(before, { ...after, ...storeOf(before, after) }, args, terminal);
  return carryOut({ target, before, after: null }, args, terminal);
}

/** Writes the rules of a bucket to another one. */
export async function copy(work: Work, from: Target): Promise<Ends> {
  const { target, args, terminal } = work;
  const source = await readFrom(from, terminal);
  if (source === null) return EXIT.failed;
  if (!source.hasRules) {
    terminal.say(
      `bucket-cors: ${from.name} has no rules: nothing is written. rules delete removes those of TO.`,
    );
    return EXIT.findings;
  }
  const unread = unreadIn(source);
  if (unread !== null && (!args.on('force') || !source.document.ok)) {
    terminal.say(`bucket-cors: ${from.name} ${unread}, and the copy would not have it: nothing is written.`);
    return EXIT.findings;
  }
  const rules = rulesOf(source, terminal);
  if (!rules.ok) return rules.ends;
  const before = await readFrom(target, terminal);
  if (before === null) return EXIT.failed;
  const { ruleSet, notes } = isStoreKnown(before.storeBy)
    ? fitted(rules.value, before.behaviour.dialect)
    : { ruleSet: rules.value, notes: [] };
  for (const note of notes) terminal.say(`bucket-cors: ${note}`);
  await showMeaning(source, before, args, terminal);
  return replace(work, before, asDocument(ruleSet, from.name, before), ruleSet);
}

/** Checks and shows rules, then writes them. Errors in rules before `from` do not stop the write. */
async function replace(
  { target, args, terminal }: Work,
  before: Opened,
  after: Opened,
  ruleSet: RuleSet,
  from = 1,
): Promise<number> {
  const form = writeDocument(ruleSet, 'xml', {
    ...(isStoreKnown(before.storeBy) && { store: target.store }),
    ...(after.document.ok && { placeOf: after.document.placeOf }),
  });
  if (!form.ok) {
    for (const fault of form.faults) terminal.say(`bucket-cors: ${after.name}: ${faultText(fault)}`);
    return EXIT.findings;
  }
  const { text } = form.value;
  const written = { ...after, bytes: Buffer.byteLength(text), hasRules: true };
  if (hasAlready(before, ruleSet)) {
    await terminal.print(`${visible(target.name)} has these rules already: nothing is written.`);
    return EXIT.nothing;
  }
  const errors = await showFindings(written, terminal, from);
  await showDiff(before, written, args, terminal);
  if (errors > 0 && !args.on('force')) {
    const what = errors === 1 ? 'an error' : `${errors} errors`;
    terminal.say(
      `bucket-cors: nothing is written: the check found ${what}. Correct the rules; --force writes them as they are.`,
    );
    return EXIT.findings;
  }
  return carryOut({ target, before, after: { ruleSet, text } }, args, terminal);
}
