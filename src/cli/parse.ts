import { parseArgs } from 'node:util';
import { withoutSecrets } from '../config/secrets.ts';
import type { Fault } from '../document/fault.ts';
import type { Arguments, Command, Flag } from './command.ts';
import { meantBy } from './report.ts';

/** A flag on the command line, or a word that belongs to no flag. */
type Token =
  | { readonly kind: 'flag'; readonly spelt: string; readonly value: string | undefined }
  | { readonly kind: 'word'; readonly text: string; readonly at: number };

const TRUE = 'true';

/** Whether the command line asks for help. A value of a flag, and what follows `--`, does not. */
export const asksForHelp = ({ flags }: Pick<Command, 'flags'>, args: readonly string[]): boolean =>
  tokensOf(flags, args).some(
    (token) => token.kind === 'flag' && (token.spelt === '--help' || token.spelt === '-h'),
  );

/** Arguments with what is wrong with them. */
export type ReadArguments = Arguments & Required<Pick<Arguments, 'faults'>>;

/** Reads the arguments after a command's name. All faults are in `faults`. */
export function readArguments(command: Command, args: readonly string[]): ReadArguments {
  const faults: Fault[] = [];
  const words: { readonly text: string; readonly at: number }[] = [];
  const given = new Map<string, string[]>();
  const tokens = tokensOf(command.flags, args);
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'word') words.push(token);
    if (token?.kind !== 'flag') continue;
    const flag = command.flags.find(({ name }) => `--${name}` === token.spelt);
    if (flag === undefined) {
      const meant = flagMeant(command, token.spelt);
      faults.push(unknownFlag(command, token.spelt, meant));
      // The value of the flag that is meant is no fault of its own.
      if (meant?.value !== undefined && token.value === undefined && tokens[at + 1]?.kind === 'word') at += 1;
      continue;
    }
    const fault = takeValue(flag, token.value, given);
    if (fault !== null) faults.push(fault);
  }
  faults.push(...wordFaults(command, words));
  const values = (name: string) => given.get(name) ?? [];
  return {
    words: words.map(({ text }) => text),
    value: (name) =>
      values(name)[0] ?? command.flags.find((flag) => flag.name === name)?.choices?.[0] ?? null,
    values,
    on: (name) => values(name)[0] === TRUE,
    faults,
  };
}

/** Node's parser finds flags, words and `--`. */
function tokensOf(flags: readonly Flag[], args: readonly string[], from = 0): Token[] {
  const options = Object.fromEntries(
    flags.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
      },
    ]),
  );
  const { tokens } = parseArgs({ args: args.slice(from), options, strict: false, tokens: true });
  const found: Token[] = [];
  let group = -1;
  for (const token of tokens) {
    if (token.kind === 'positional')
      found.push({ kind: 'word', text: token.value, at: from + token.index + 1 });
    if (token.kind !== 'option') continue;
    const { value, inlineValue, index, rawName } = withLongName(token, flags);
    const isShort = !rawName.startsWith('--');
    // `-abc` is three tokens, and one mistake.
    if (isShort && index === group) continue;
    if (isShort) group = index;
    const spelt = isShort ? (args[from + index] ?? rawName) : rawName;
    // The parser takes the next flag for the value, as in `--bucket --debug-reason`.
    const swallowed = value?.startsWith('--') === true && inlineValue === false;
    found.push({ kind: 'flag', spelt, value: swallowed ? '' : value });
    if (swallowed) return [...found, ...tokensOf(flags, args, from + index + 1)];
  }
  return found;
}

type Option = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { kind: 'option' }>;

/** `-oFILE` and `-o=FILE` are the same as `--output=FILE`. */
function withLongName(token: Option, flags: readonly Flag[]): Option {
  const known = flags.some(({ name, short }) => name === token.name && token.rawName === `-${short}`);
  if (!known) return token;
  const rawName = `--${token.name}`;
  return token.inlineValue
    ? { ...token, rawName, value: token.value.replace(/^=/, '') }
    : { ...token, rawName };
}

/** Adds the value of a flag to those given; returns the fault if it is not one to take. */
function takeValue(flag: Flag, value: string | undefined, given: Map<string, string[]>): Fault | null {
  const place = `--${flag.name}`;
  const text = flag.value === undefined ? (value ?? TRUE) : (value ?? '');
  if (flag.value !== undefined && text === '') return missingValue(flag);
  const before = given.get(flag.name);
  if (before !== undefined && flag.many !== true)
    return { place, reason: 'is given twice', write: 'it once' };
  const choices = flag.value === undefined ? [TRUE, 'false'] : flag.choices;
  if (choices !== undefined && !choices.includes(text)) return wrongChoice(place, text, choices);
  given.set(flag.name, [...(before ?? []), text]);
  return null;
}

function missingValue({ name, value, choices, offers }: Flag): Fault {
  const example = choices?.[0] ?? offers?.[0] ?? value;
  return { place: `--${name}`, reason: 'has no value', write: `--${name} ${example}` };
}

function wrongChoice(place: string, text: string, choices: readonly string[]): Fault {
  const value = withoutSecrets(text);
  return {
    place,
    ...(value !== null && { value }),
    reason: 'is not one of the allowed values',
    write: oneOf(choices, meantBy(text, choices)),
  };
}

/** `json, or table, sarif, github` where `json` is meant. */
function oneOf(choices: readonly string[], meant: string | undefined): string {
  if (meant === undefined) return choices.join(' or ');
  const others = choices.filter((choice) => choice !== meant);
  return others.length === 0 ? meant : `${meant}, or ${others.join(', ')}`;
}

/** The flag that a misspelt one probably means. */
function flagMeant({ flags }: Command, spelt: string): Flag | undefined {
  const name = meantBy(
    spelt.replace(/^-+/, ''),
    flags.map((flag) => flag.name),
  );
  return flags.find((flag) => flag.name === name);
}

function unknownFlag(command: Command, spelt: string, meant: Flag | undefined): Fault {
  const place = withoutSecrets(spelt) ?? 'a word that begins with a hyphen';
  const negated = command.flags.find(({ name }) => `--no-${name}` === spelt);
  if (negated !== undefined)
    return { place, reason: 'is not a flag', write: `--${negated.name}=false, or leave it out` };
  const help = `a flag that "bucket-cors ${command.name} --help" lists`;
  return { place, reason: 'is not a flag', write: meant === undefined ? help : `--${meant.name}` };
}

function wordFaults(
  { name, words: form, minWords = 0, maxWords }: Command,
  words: readonly { readonly text: string; readonly at: number }[],
): readonly Fault[] {
  if (words.length < minWords)
    return [{ place: form, reason: 'is missing', write: `bucket-cors ${name} ${form}` }];
  const reason = maxWords === 0 ? 'stands alone and belongs to no flag' : 'is one word too many';
  const write = maxWords === 0 ? 'a flag before it, or leave it out' : `bucket-cors ${name} ${form}`;
  return words
    .slice(maxWords)
    .map(({ text, at }) => ({ place: withoutSecrets(text) ?? `word ${at}`, reason, write }));
}
