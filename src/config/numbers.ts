import { numberBetween, timeBetween, withSchema } from './value-schema.ts';
import type { Parsed } from './values.ts';

const PORT_MOST = 65_535;

export const parsePort = withSchema(
  (text: string): Parsed<number> => {
    const value = Number(text);
    return /^\d{1,5}$/.test(text) && value <= PORT_MOST
      ? { value }
      : { reason: 'is not a port', write: `a number from 0 to ${PORT_MOST}; 0 takes any free port` };
  },
  numberBetween(0, PORT_MOST, 5),
);

/** Most digits of a count; zeros may stand in front. */
const COUNT_WIDTH = 10;

/** Reads a whole number between two bounds. */
export const parseCount = (least: number, most: number) =>
  withSchema(
    (text: string): Parsed<number> => {
      const count = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
      return count >= least && count <= most
        ? { value: count }
        : { reason: 'is not a number in range', write: `a whole number from ${least} to ${most}` };
    },
    numberBetween(least, most, COUNT_WIDTH),
  );

/** Reads a whole number between two bounds, or `auto`: the process chooses the number. */
export const parseCountOrAuto = (least: number, most: number) =>
  withSchema(
    (text: string): Parsed<number | 'auto'> => {
      if (text === 'auto') return { value: text };
      const count = parseCount(least, most)(text);
      return 'value' in count ? count : { ...count, write: `${count.write}, or auto` };
    },
    numberBetween(least, most, COUNT_WIDTH, ['auto']),
  );

const WORKERS_MOST = 256;

/** A number of workers, or `auto`: one for each core. */
export const parseWorkers = withSchema(
  (text: string): Parsed<number | 'auto'> => {
    if (text === 'auto') return { value: text };
    const value = Number(text);
    return /^\d{1,3}$/.test(text) && value >= 1 && value <= WORKERS_MOST
      ? { value }
      : { reason: 'is not a number of workers', write: `a number from 1 to ${WORKERS_MOST}, or auto` };
  },
  numberBetween(1, WORKERS_MOST, 3, ['auto']),
);

const UNITS: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds as an option's text. */
export const seconds = (milliseconds: number): string => `${milliseconds / 1000}s`;

/** Reads a time such as `90`, `90s`, `5m`, `12h` or `7d`; returns milliseconds. The bounds are written the same way. */
export const parseDuration = (least: string, most: string) =>
  withSchema(
    (text: string): Parsed<number> => {
      const value = milliseconds(text);
      return value >= milliseconds(least) && value <= milliseconds(most)
        ? { value }
        : {
            reason: 'is not a time in range',
            write: `seconds, or a number with s, m, h or d, from ${least} to ${most}`,
          };
    },
    timeBetween(milliseconds(least), milliseconds(most), UNITS, TIME_WIDTH),
  );

/** Most digits of a time. */
const TIME_WIDTH = 9;

function milliseconds(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
}
