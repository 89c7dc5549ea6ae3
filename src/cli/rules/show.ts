import { loadDomains } from '../../node/domains.ts';
import type { Arguments, Terminal } from '../command.ts';
import { compare } from '../diff.ts';
import { counts, findingsOf } from '../findings.ts';
import { changesTable } from '../formats/changes.ts';
import { paintFor, visible } from '../formats/paint.ts';
import { checkTable } from '../formats/table.ts';
import { isStoreKnown, type Opened } from '../sources/opened.ts';
import { unreadIn } from './lost.ts';

/**
 * Prints what the check finds in rules that are to be written, if it finds anything. Returns the number of errors, among
 * them those of rules before `from` only where they concern the whole document.
 */
export async function showFindings(opened: Opened, terminal: Terminal, from = 1): Promise<number> {
  const found = findingsOf(opened, await loadDomains());
  if (found.findings.length === 0) return 0;
  await terminal.print(`${checkTable({ opened, ...found }, terminal.colours, terminal.width)}\n`);
  return found.findings.filter((one) => counts(one, 'error') && (one.rule === null || one.rule >= from))
    .length;
}

/** Prints what a write changes, as `diff` does, and what of the document there is not read. */
export async function showDiff(
  before: Opened,
  after: Opened,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  const unread = unreadIn(before);
  if (unread !== null) await terminal.print(visible(`${before.name} ${unread}: it is lost.`));
  if (!before.document.ok) return;
  const compared = compare(before, after, args, terminal);
  if (compared.ok)
    await terminal.print(changesTable(compared.value, paintFor(terminal.colours), terminal.width));
}

/** Prints what the same rules mean otherwise at another kind of store; nothing if both are of one kind. */
export async function showMeaning(
  from: Opened,
  to: Opened,
  args: Arguments,
  terminal: Terminal,
): Promise<void> {
  const isKnown = isStoreKnown(from.storeBy) && isStoreKnown(to.storeBy);
  if (!isKnown || from.behaviour.dialect === to.behaviour.dialect) return;
  const there = { ...from, name: to.name, behaviour: to.behaviour, storeBy: to.storeBy };
  const compared = compare(from, there, args, terminal);
  if (!compared.ok || compared.value.changes.length === 0) return;
  const { dialect } = from.behaviour;
  await terminal.print(
    `The same rules mean something else at store ${to.behaviour.dialect} than at store ${dialect}:\n`,
  );
  const table = changesTable(compared.value, paintFor(terminal.colours), terminal.width);
  await terminal.print(`${table}\n`);
}
