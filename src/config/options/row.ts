import type { ValueSchema } from '../value-schema.ts';
import type { Parsed } from '../values.ts';

/** One option: the same name, meaning and checks as a flag, as a variable and in the README's table. */
export interface OptionRow<T = unknown> {
  /** The flag, without its dashes. */
  readonly flag: string;
  readonly variable: string;
  /** As an operator would write it; null: the option has no default, and its value may be null. */
  readonly default: string | null;
  readonly example: string;
  /** A flag that stands alone means `true`. */
  readonly alone?: true;
  /** The option belongs to one bucket: a configuration file has it for each. Absent: it belongs to the process. */
  readonly scope?: 'bucket';
  /** No message shows its value: it is a document, or may contain a password or a key by mistake (promise 7). */
  readonly secret?: true;
  /** The option means nothing on Workers; what to write there instead. */
  readonly nodeOnly?: string;
  readonly parse: ((text: string) => Parsed<T>) & {
    readonly words?: readonly string[];
    readonly schema: ValueSchema;
  };
}

export type OptionRows = Readonly<Record<string, OptionRow>>;
