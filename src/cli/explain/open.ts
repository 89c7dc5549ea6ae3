import { type Behaviour, DEFAULT_DIALECT, DIALECT_NAMES } from '../../cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import { faultText, type Result } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../document/read.ts';
import { readTextFile } from '../../node/files/text-file.ts';
import { type Arguments, EXIT, type Terminal } from '../command.ts';

export interface Source {
  readonly name: string;
  readonly rules: CompiledRules;
}

/** The rules; or what the command is to return, after it has said why. */
type Opened = { readonly ok: true; readonly value: Source } | { readonly ok: false; readonly ends: number };

/** Reads the rules that the command line names. Says on standard error why they cannot be read. */
export async function openSource(args: Arguments, terminal: Terminal): Promise<Opened> {
  const read = await readSource(args);
  if (read.ok) return read;
  for (const line of read.faults) terminal.say(`bucket-cors: ${line}`);
  return { ok: false, ends: EXIT.failed };
}

async function readSource(args: Arguments): Promise<Result<Source, string>> {
  const [path] = args.words;
  if (path === undefined)
    return { ok: false, faults: ['SOURCE is missing; write the path of a file with rules'] };
  const found = await readTextFile(path, { maxBytes: MAX_DOCUMENT_BYTES, pipe: true });
  if ('fault' in found) return { ok: false, faults: [`${path} ${found.fault}`] };
  const document = readDocument(found.text, 'strict');
  if (!document.ok) return { ok: false, faults: document.faults.map(faultText) };
  const dialect = DIALECT_NAMES.find((name) => name === args.value('store')) ?? DEFAULT_DIALECT;
  const behaviour: Behaviour = { dialect, vary: 'safe', dangerouslyAllowCredentials: false };
  return { ok: true, value: { name: path, rules: compileRules(document.ruleSet, behaviour) } };
}
