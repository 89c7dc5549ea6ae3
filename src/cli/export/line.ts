import { isAddress, parseAddress } from '../../bucket/address.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import { type Parsed, parsePath } from '../../config/values.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import type { ExportFormat, Target } from '../../export/target.ts';
import type { Arguments } from '../command.ts';
import { meantBy } from '../report.ts';

/** What a command line asks for, besides the rules. */
export interface ExportLine {
  readonly target: Target;
  readonly format: ExportFormat;
  /** Print an object with the files, in place of the files. */
  readonly isJson: boolean;
  readonly name: string;
  /** Null: the address that the rules were read from. */
  readonly bucketUrl: string | null;
  /** The path of the first file; null: standard output. */
  readonly output: string | null;
  readonly allowNarrower: boolean;
  readonly prove: boolean;
}

export const DEFAULT_NAME = 'cors';

/** Reads the words and flags of `export`; every fault, or a whole line. */
export function readLine(args: Arguments, targets: readonly Target[]): Result<ExportLine> {
  const faults: Fault[] = [];
  const target = targetOf(args, targets, faults);
  const text = args.value('format');
  const format: ExportFormat = text === 'terraform' ? 'terraform' : 'config';
  if (target !== null && !target.formats.includes(format))
    faults.push(wrongFormat(target, format, text !== 'config'));
  if (args.on('prove') && format !== 'config')
    faults.push({
      place: '--prove',
      reason: 'runs the configuration in its own form',
      write: '--format config beside it, which has the same rules',
    });
  const bucketUrl = take(args, 'bucket-url', parseBucketUrl, faults);
  const name = take(args, 'name', parseExportName, faults) ?? DEFAULT_NAME;
  const output = take(args, 'output', parsePath, faults);
  if (target === null) return { ok: false, faults };
  const line: ExportLine = {
    target,
    format,
    isJson: text === 'json',
    name,
    bucketUrl,
    output: output === '-' ? null : output,
    allowNarrower: args.on('allow-narrower'),
    prove: args.on('prove'),
  };
  return resultOf(line, faults);
}

function targetOf({ words: [word] }: Arguments, targets: readonly Target[], faults: Fault[]): Target | null {
  const names = targets.map(({ name }) => name);
  const found = targets.find(({ name }) => name === word);
  if (found !== undefined) return found;
  const meant = word === undefined ? undefined : meantBy(word, names);
  const value = word === undefined ? null : withoutSecrets(word);
  faults.push({
    place: 'TARGET',
    ...(value !== null && { value }),
    reason: word === undefined ? 'is missing' : 'is not a target',
    write: meant ?? names.join(', '),
  });
  return null;
}

const wrongFormat = ({ name, formats }: Target, format: ExportFormat, isGiven: boolean): Fault => ({
  place: '--format',
  value: format,
  reason: isGiven ? `is not a format of ${name}` : `is missing: ${name} has no configuration of its own form`,
  write: [...formats, 'json'].join(' or '),
});

function take<T>(
  args: Arguments,
  flag: string,
  parse: (text: string) => Parsed<T>,
  faults: Fault[],
): T | null {
  const text = args.value(flag);
  if (text === null) return null;
  const parsed = parse(text);
  if ('value' in parsed) return parsed.value;
  const value = withoutSecrets(text);
  faults.push({ place: `--${flag}`, ...(value !== null && { value }), ...parsed });
  return null;
}

/** It becomes a part of names in configurations: of variables, functions and files. */
export const parseExportName = (text: string): Parsed<string> =>
  /^[A-Za-z][A-Za-z0-9_]{0,31}$/.test(text)
    ? { value: text }
    : {
        reason: 'is not a name for configurations',
        write: 'at most 32 letters, digits and _, a letter first, such as media',
      };

/** Characters that need no quotes in any configuration, and that no configuration takes for its own. */
const PLAIN_URL = /^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::\d+)?(?:\/[A-Za-z0-9._~%-]+)*$/;

/** Where a target fetches objects: an address as of a bucket, without a slash at its end. */
export function parseBucketUrl(text: string): Parsed<string> {
  const address = parseAddress(text);
  if (!isAddress(address)) return address;
  const url = address.base + address.path;
  return PLAIN_URL.test(url)
    ? { value: url }
    : {
        reason: 'has characters that mean something in configurations',
        write: 'a URL of letters, digits and . _ ~ % - in its path',
      };
}
