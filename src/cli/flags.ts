import { parseArgs } from 'node:util';
import { OPTION_NAMES, OPTIONS, type OptionName, optionOf } from '../config/options.ts';
import { type GivenOptions, withoutSecrets } from '../config/read.ts';
import type { Fault } from '../document/fault.ts';

const SPELT = new Map<string, OptionName>(OPTION_NAMES.map((name) => [OPTIONS[name].flag, name]));

/** Reads a command line. The faults name all unknown flags and stray words at once. */
export function readFlags(args: readonly string[]): { given: GivenOptions; faults: readonly Fault[] } {
  const given: GivenOptions = {};
  const faults: Fault[] = [];
  const options = Object.fromEntries(
    OPTION_NAMES.map((name) => [
      OPTIONS[name].flag,
      { type: takesValue(name) ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push(stray(token.value, token.index));
    if (token.kind !== 'option') continue;
    const name = SPELT.get(token.name);
    if (name === undefined) faults.push(unknown(token.rawName));
    else if (takesValue(name) && lacksValue(token)) faults.push(missing(token.rawName, name));
    else if (given[name] !== undefined) faults.push(twice(token.rawName));
    else given[name] = { place: token.rawName, text: token.value ?? 'true' };
  }
  return { given, faults };
}

const takesValue = (name: OptionName): boolean => !optionOf(name).alone;

/** True also if the parser took the next flag for the value, as in `--bucket --debug-reason`. */
const lacksValue = ({
  value,
  inlineValue,
}: {
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}) => !value || (inlineValue === false && value.startsWith('--'));

const unknown = (place: string): Fault => ({
  place,
  reason: 'is not a flag',
  write: `one of ${[...SPELT.keys()].map((flag) => `--${flag}`).join(' ')}`,
});

const stray = (value: string, index: number): Fault => ({
  place: withoutSecrets(value) ?? `word ${index + 1}`,
  reason: 'stands alone and belongs to no flag',
  write: 'a flag before it, --bucket say, or leave it out',
});

const missing = (place: string, name: OptionName): Fault => ({
  place,
  reason: 'has no value',
  write: `${place} ${OPTIONS[name].example}`,
});

const twice = (place: string): Fault => ({ place, reason: 'is given twice', write: 'it once' });
