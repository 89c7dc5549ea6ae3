import type { Fault } from '../document/fault.ts';

/** Exit codes of the commands that look at rules. `serve` and `demo` have their own (docs/operation.md). */
export const EXIT = { nothing: 0, findings: 1, failed: 2 } as const;

/** One flag of a command. */
export interface Flag {
  /** Without the two hyphens. */
  readonly name: string;
  /** One letter that means the same after one hyphen. */
  readonly short?: string;
  /** What stands for the value in help, such as `FILE`; absent for a switch. */
  readonly value?: string;
  /** The values that are taken; the first is the default. Others are a fault that names the nearest. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly many?: true;
  /** One sentence for help. */
  readonly about: string;
  /** The heading in help; `Flags` by default. */
  readonly section?: string;
  /** The environment variable that means the same. */
  readonly variable?: string;
  /** For help: the value without the flag. The first of `choices` needs none. */
  readonly preset?: string;
  /** Values that completion offers. The command itself checks the value. */
  readonly offers?: readonly string[];
  /** True if the value is a path, or may be one: completion offers files. */
  readonly isPath?: true;
}

/** A command line, read by its command's table of flags. */
export interface Arguments {
  /** Words that belong to no flag, in their order. */
  readonly words: readonly string[];
  /** The value of a flag; the first of `choices` if it is not given, null without choices. */
  readonly value: (flag: string) => string | null;
  /** Every value of a flag that may be repeated. */
  readonly values: (flag: string) => readonly string[];
  /** Whether a switch is given. */
  readonly on: (flag: string) => boolean;
  /** What is wrong with the command line; empty, or absent, where a command without `serves` runs. */
  readonly faults?: readonly Fault[];
}

/** What a command may use of the process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output. Rejects with an `OutputFault` if that is impossible; `main` reports it. */
  readonly print: (text: string) => Promise<void>;
  /** Writes a line for a person to standard error, its control characters written out. */
  readonly say: (line: string) => void;
  /** True if standard output is a terminal and NO_COLOR is not set. */
  readonly colours: boolean;
  /** Columns for text; 80 if absent. */
  readonly width?: number;
  /**
   * Asks a person and resolves to the line of the answer; null at the end of the input, or after a time without an answer.
   * Absent if standard input or standard error is not a terminal.
   */
  readonly ask?: (question: string) => Promise<string | null>;
}

/** What a command ends in: its exit code, the faults of the command line (exit code 2), or a server that runs on. */
export type Ending = number | readonly Fault[] | 'serving';

/** A value, and what it means. */
export interface Term {
  readonly name: string;
  readonly about: string;
}

export interface Command {
  readonly name: string;
  /** The heading under which `bucket-cors --help` lists the command: what people want to do. */
  readonly group:
    | 'Serve a bucket'
    | 'Understand rules'
    | 'The same rules elsewhere'
    | 'Change rules'
    | 'Set up';
  /** One line for the list. */
  readonly summary: string;
  /** The words after the name, such as `[SOURCE]`. */
  readonly words: string;
  /** What stands after the name in each of several forms, without the flags; absent: `words` is the only form. */
  readonly forms?: readonly string[];
  /** Most words that the command takes. */
  readonly maxWords: number;
  /** Fewest words that the command takes; 0 by default. */
  readonly minWords?: number;
  /** The values of the words, for completion; without them, words are files. The command itself checks them. */
  readonly offers?: () => readonly string[];
  readonly about: string;
  /** The values of the words, explained in a section of help. */
  readonly terms?: { readonly title: string; readonly rows: readonly Term[] };
  readonly flags: readonly Flag[];
  readonly examples: readonly { readonly line: string; readonly about: string }[];
  readonly exits: readonly { readonly code: number; readonly when: string }[];
  /**
   * The command configures an edge. It runs also if the command line has faults, and returns them with those of the
   * configuration (promise 6).
   */
  readonly serves?: true;
  readonly run: (args: Arguments, terminal: Terminal) => Promise<Ending>;
}
