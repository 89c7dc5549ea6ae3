import type { RuleSet } from '../../cors/rule.ts';
import { type Fault, faultText } from '../../document/fault.ts';
import { type Arguments, EXIT, type Terminal } from '../command.ts';
import { sourcesOf } from './flags.ts';
import type { Opened } from './opened.ts';

/** What a command was given; or what it is to return: faults of the command line, or an exit code. */
export type Given<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly ends: Ends };

type Ends = number | readonly Fault[];

/** Opens the sources of a command line, one after the other. Writes why a source cannot be read to standard error. */
export async function openAll(
  args: Arguments,
  count: number,
  terminal: Terminal,
): Promise<Given<readonly Opened[]>> {
  const sources = sourcesOf(args, count);
  if (!sources.ok) return { ok: false, ends: sources.faults };
  // Help and completion need no connections: their modules load only where a source is read.
  const { openRules } = await import('./open.ts');
  const found: Opened[] = [];
  for (const source of sources.value) {
    const opened = await openRules(source, args, terminal);
    if (opened.ok) found.push(opened.value);
    else return failed(opened.faults, terminal);
  }
  return { ok: true, value: found };
}

/** The rules of a document; a document with faults is written to standard error. */
export function rulesOf({ name, document }: Opened, terminal: Terminal): Given<RuleSet> {
  if (!document.ok)
    return failed(
      document.faults.map((fault) => `${name}: ${faultText(fault)}`),
      terminal,
    );
  const left = document.warnings.length;
  if (left > 0) {
    const what = left === 1 ? '1 warning' : `${left} warnings`;
    terminal.say(
      `bucket-cors: ${name} is read with ${what}: bucket-cors check shows ${left === 1 ? 'it' : 'them'}`,
    );
  }
  return { ok: true, value: document.ruleSet };
}

function failed(lines: readonly string[], terminal: Terminal): { readonly ok: false; readonly ends: Ends } {
  for (const line of lines) terminal.say(`bucket-cors: ${line}`);
  return { ok: false, ends: EXIT.failed };
}
