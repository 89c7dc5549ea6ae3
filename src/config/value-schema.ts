import { numeralsBetween } from './numerals.ts';

/**
 * The JSON Schema of an option's value in a configuration file. `minimum` and `maximum` are about numbers alone, `pattern`
 * and `maxLength` about texts alone.
 */
export interface ValueSchema {
  /** Every option takes a text, as a flag does. */
  readonly type: readonly ('integer' | 'boolean' | 'string')[];
  readonly enum?: readonly (string | boolean)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
}

/** Gives a parser the schema of what it reads. */
export const withSchema = <P extends (text: string) => unknown>(
  parse: P,
  schema: ValueSchema,
): P & { readonly schema: ValueSchema } => Object.assign(parse, { schema });

/** A text that has this pattern, or any text that is not blank. The parser may refuse more. */
export const textOf = (pattern = '\\S'): ValueSchema => ({ type: ['string'], pattern });

export const oneOf = (words: readonly string[]): ValueSchema => ({ type: ['string'], enum: words });

export const SWITCH: ValueSchema = { type: ['boolean', 'string'], enum: [true, false, 'true', 'false'] };

/** A whole number, or its numeral of at most `width` digits, or one of some words. */
export const numberBetween = (
  least: number,
  most: number,
  width: number,
  words: readonly string[] = [],
): ValueSchema => ({
  type: ['integer', 'string'],
  minimum: least,
  maximum: most,
  pattern: `^(?:${[...words, numeralsBetween(least, most, width)].join('|')})$`,
});

/**
 * Seconds as a number, or a text with a unit. `units`: milliseconds of each, the empty one being seconds; `width`: most digits.
 */
export function timeBetween(
  least: number,
  most: number,
  units: Readonly<Record<string, number>>,
  width: number,
): ValueSchema {
  const forms = Object.entries(units).flatMap(([unit, milliseconds]) => {
    const [from, to] = [Math.ceil(least / milliseconds), Math.floor(most / milliseconds)];
    return from > to ? [] : [numeralsBetween(from, to, width) + unit];
  });
  return {
    type: ['integer', 'string'],
    minimum: Math.ceil(least / 1000),
    maximum: Math.floor(most / 1000),
    pattern: `^(?:${forms.join('|')})$`,
  };
}
