import { setTimeout as pause } from 'node:timers/promises';
import type { RuleSet } from '../../cors/rule.ts';
import { exit } from '../../node/output/standard.ts';
import { monotonic } from '../../rules/clock.ts';
import { type Arguments, EXIT, type Terminal } from '../command.ts';
import { visible } from '../formats/paint.ts';
import type { Opened } from '../sources/opened.ts';
import { isInForce, isUnchanged } from './same.ts';
import { linesOf, type Target } from './target.ts';

/** A write that a person has seen, and has not confirmed yet. */
export interface Change {
  readonly target: Target;
  /** What was read and shown. */
  readonly before: Opened;
  /** The rules and their document; null: all rules are removed. */
  readonly after: { readonly ruleSet: RuleSet; readonly text: string } | null;
}

/** Milliseconds for which the rules before the write may still be read after it: stores apply a write with delay. */
const READ_BACK_LIMIT = 5_000;
const READ_BACK_FIRST = 100;
const READ_BACK_MOST = 1_000;
/** How often a question is asked. */
const TRIES = 3;
/** What a shell reports for a command that SIGINT ended. */
const INTERRUPTED = 130;

/**
 * Writes after a confirmation, unless the rules changed since they were read, and reads them back. Returns the exit code;
 * says on standard error why the rules that were asked for are not in force.
 */
export async function carryOut(change: Change, args: Arguments, terminal: Terminal): Promise<number> {
  const confirmed = await confirm(change, args, terminal);
  if (confirmed !== null) return confirmed;
  const { target, before, after } = change;
  const now = await target.read();
  if (!now.ok) return failed(linesOf(now.faults), terminal);
  if (!isUnchanged(before, now.value)) {
    const line = `${target.name} has other rules than those that were read a moment ago`;
    terminal.say(`bucket-cors: ${line}: ${nothing(after)}. Run the command again to see them.`);
    return EXIT.findings;
  }
  const unknown = `It is unknown whether the rules are ${after === null ? 'deleted' : 'written'}: ${LOOK}`;
  const outcome = await uninterrupted(target.write(after?.text ?? null), unknown, terminal);
  if (outcome.kind === 'refused')
    return failed([`${target.name} could not be written: ${outcome.line}`], terminal);
  if (outcome.kind === 'unknown') return failed([`${target.name}: ${outcome.line}. ${unknown}`], terminal);
  return readBack(change, terminal);
}

const nothing = (after: Change['after']): string =>
  after === null ? 'nothing is deleted' : 'nothing is written';

const LOOK = 'look with bucket-cors rules get.';

function failed(lines: readonly string[], { say }: Terminal): number {
  for (const line of lines) say(`bucket-cors: ${line}`);
  return EXIT.failed;
}

/** Null: go on; else the exit code. */
async function confirm(
  { target, after }: Change,
  args: Arguments,
  terminal: Terminal,
): Promise<number | null> {
  if (args.on('yes')) return null;
  const { ask, say } = terminal;
  if (ask === undefined) {
    const line = 'a question needs a terminal as standard input and standard error';
    say(`bucket-cors: ${nothing(after)}: ${line}. --yes goes on without one.`);
    return EXIT.failed;
  }
  const question = `${after === null ? 'Delete the rules of' : 'Write these rules to'} ${visible(target.name)}? (y/n)`;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await ask(question);
    const word = answer?.trim().toLowerCase();
    if (word === 'y' || word === 'yes') return null;
    if (answer === null || word === 'n' || word === 'no') break;
  }
  say(`bucket-cors: ${nothing(after)}.`);
  return EXIT.findings;
}

/** Ctrl-C during a write ends the command at once, and says what is unknown. */
async function uninterrupted<T>(work: Promise<T>, unknown: string, { say }: Terminal): Promise<T> {
  const end = () => {
    say(`bucket-cors: interrupted. ${unknown}`);
    void exit(INTERRUPTED);
  };
  process.once('SIGINT', end);
  try {
    return await work;
  } finally {
    process.off('SIGINT', end);
  }
}

/** Reads the rules after a write until they are those that were written. */
async function readBack({ target, before, after }: Change, terminal: Terminal): Promise<number> {
  const began = monotonic();
  for (let wait = READ_BACK_FIRST; ; wait = Math.min(wait * 2, READ_BACK_MOST)) {
    const now = await target.read();
    const took = after === null ? 'the delete' : 'the write';
    if (!now.ok)
      return failed(
        [`${target.name} took ${took}, and could not be read afterwards: ${linesOf(now.faults).join(' ')}`],
        terminal,
      );
    if (isInForce(after?.ruleSet ?? null, now.value)) {
      await terminal.print(doneLine(target, after));
      return EXIT.nothing;
    }
    const isOld = isUnchanged(before, now.value);
    if (isOld && monotonic() - began < READ_BACK_LIMIT) {
      await pause(wait);
      continue;
    }
    const line = isOld
      ? `took ${took}, and still answers the rules of before: ${LOOK}`
      : `took ${took}, and has other rules now: another write came after this one, or the store changed them. ${LOOK.replace('look', 'Look')}`;
    terminal.say(`bucket-cors: ${target.name} ${line}`);
    return EXIT.findings;
  }
}

function doneLine({ name }: Target, after: Change['after']): string {
  if (after === null) return `\nDeleted: ${visible(name)} has no rules now.`;
  const count = after.ruleSet.rules.length;
  return `\nWritten: ${visible(name)} has ${count === 1 ? '1 rule' : `${count} rules`} now.`;
}
