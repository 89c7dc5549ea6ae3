import { OPTIONS, type OptionName, optionOf } from './options.ts';
import { withoutSecrets } from './secrets.ts';

/** The text that was given for an option, and where: `--port`, `PORT`. */
export interface Given {
  readonly place: string;
  readonly text: string;
}
export type GivenOptions = Partial<Record<OptionName, Given>>;

/** The flag, the variable or the key that gives an option; its flag where nothing does. */
export const placeOf = (given: GivenOptions, name: OptionName): string =>
  given[name]?.place ?? `--${OPTIONS[name].flag}`;

/** The value of an option in a message. Documents and the secret parts of URLs stay out of messages (promise 7). */
export function shown(name: OptionName, text: string): { value?: string } {
  const value = withoutSecrets(text);
  return optionOf(name).secret || value === null ? {} : { value };
}
