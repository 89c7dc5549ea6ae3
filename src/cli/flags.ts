import { parseBucket } from '../config/bucket-url.ts';
import { ABOUT } from '../config/options/about.ts';
import { OPTION_NAMES, OPTION_SECTIONS, OPTIONS, type OptionName, optionOf } from '../config/options.ts';
import type { GivenOptions } from '../config/read.ts';
import * as values from '../config/values.ts';
import type { Arguments, Flag } from './command.ts';

/** Parsers of options whose value is a path, or may be one. */
const PATHS: readonly unknown[] = [values.parsePath, values.parseSocket, values.parseRules, parseBucket];

/** The options as flags of the commands that serve, in sections. */
export const OPTION_FLAGS: readonly Flag[] = Object.entries<readonly OptionName[]>(OPTION_SECTIONS).flatMap(
  ([section, names]) => names.map((name) => flagOf(name, section)),
);

/** An option as a flag. */
export function flagOf(name: OptionName, section: string): Flag {
  const { flag, variable, default: preset, example, alone, parse } = optionOf(name);
  return {
    name: flag,
    about: ABOUT[name],
    section,
    variable,
    ...(!alone && { value: example }),
    ...(!alone && preset !== null && { preset }),
    ...(parse.words !== undefined && { offers: parse.words }),
    ...(PATHS.includes(parse) && { isPath: true }),
  };
}

/** The options that the flags of a command line give. */
export function givenBy({ value }: Arguments): GivenOptions {
  const given: GivenOptions = {};
  for (const name of OPTION_NAMES) {
    const text = value(OPTIONS[name].flag);
    if (text !== null) given[name] = { place: `--${OPTIONS[name].flag}`, text };
  }
  return given;
}
