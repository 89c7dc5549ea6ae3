export { visible } from '../../document/visible.ts';

/** Colours for a terminal; without them the text stays as it is. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** SGR sequences (ECMA-48 §8.3.117) around a text. */
export function paintFor(colours: boolean): Paint {
  const within = (on: number, off: number) => (text: string) =>
    colours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    red: within(31, 39),
    green: within(32, 39),
    yellow: within(33, 39),
    cyan: within(36, 39),
    bold: within(1, 22),
    dim: within(2, 22),
  };
}

/** https://no-color.org: the variable counts if it is not empty. */
export const wantsColours = ({ NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>): boolean =>
  !NO_COLOR && TERM !== 'dumb';
