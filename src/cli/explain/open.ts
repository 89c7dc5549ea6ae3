import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import type { Fault } from '../../document/fault.ts';
import type { Arguments, Flag, Terminal } from '../command.ts';
import { SOURCE_FLAGS } from '../sources/flags.ts';
import { type Given, openAll, rulesOf } from '../sources/open-all.ts';
import { isStoreKnown } from '../sources/opened.ts';

export interface Source {
  readonly name: string;
  readonly rules: CompiledRules;
  /** False if nothing names the store: its default is used. */
  readonly isStoreKnown: boolean;
}

/** `--credentials` is about the page here, so that the place of the keys has another name. */
const KEYS = 'keys';
const CREDENTIALS = 'credentials';

/** The flags of every command that reads rules. */
export const EXPLAIN_SOURCE_FLAGS: readonly Flag[] = SOURCE_FLAGS.map((flag) =>
  flag.name === CREDENTIALS ? { ...flag, name: KEYS } : flag,
);

/** Reads the rules that the command line names. Says on standard error why they cannot be read. */
export async function openSource(args: Arguments, terminal: Terminal): Promise<Given<Source>> {
  const value = (name: string) => args.value(name === CREDENTIALS ? KEYS : name);
  const opened = await openAll({ ...args, value }, 1, terminal);
  if (!opened.ok) return { ok: false, ends: asAsked(opened.ends) };
  const [source] = opened.value;
  if (source === undefined) throw new Error('openAll opens as many sources as it is asked for');
  const read = rulesOf(source, terminal);
  return read.ok
    ? {
        ok: true,
        value: {
          name: source.name,
          rules: compileRules(read.value, source.behaviour),
          isStoreKnown: isStoreKnown(source.storeBy),
        },
      }
    : read;
}

/** Faults under the name that the flag has here. */
const asAsked = (ends: number | readonly Fault[]): number | readonly Fault[] =>
  typeof ends === 'number'
    ? ends
    : ends.map((fault) => (fault.place === `--${CREDENTIALS}` ? { ...fault, place: `--${KEYS}` } : fault));
