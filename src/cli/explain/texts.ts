import type { Readable } from 'node:stream';
import type { Result } from '../../document/fault.ts';
import { readTextFile } from '../../node/files/text-file.ts';
import { MAX_COMMAND } from '../../requests/curl.ts';
import { MAX_HAR_BYTES } from '../../requests/har.ts';
import type { Arguments } from '../command.ts';

/** A text that a flag names: the command of `--curl`, or the file of `--har`. */
export interface Texts {
  readonly curl: string | null;
  readonly har: { readonly text: string; readonly place: string } | null;
}

/** Reads the texts that the flags name. Never rejects. */
export async function readTexts(args: Arguments, input: Readable = process.stdin): Promise<Result<Texts>> {
  const [curl, har] = [args.value('curl'), args.value('har')];
  if (curl !== null && har !== null) return fault('--curl', 'stands beside --har', 'one of the two');
  if (args.value('url') !== null && har === null)
    return fault('--url', 'selects requests of --har', '--har too');
  if (har !== null) {
    const found = await readTextFile(har, { maxBytes: MAX_HAR_BYTES, pipe: true });
    if ('fault' in found) return fault(`--har ${har}`, found.fault, 'the path of a recording');
    return { ok: true, value: { curl: null, har: { text: found.text, place: har } } };
  }
  if (curl !== '-') return { ok: true, value: { curl, har: null } };
  if (args.words.includes('-'))
    return fault('--curl', 'reads standard input, as SOURCE does', 'a file as SOURCE');
  const text = await read(input);
  return text === null
    ? fault('--curl', 'cannot be read from standard input', 'the command in quotes')
    : { ok: true, value: { curl: text, har: null } };
}

/** Stops behind the limit, where the text is too long for a command. */
async function read(input: Readable): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of input) {
      chunks.push(Buffer.from(chunk));
      size += chunk.length;
      if (size > MAX_COMMAND) break;
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  }
}

const fault = (place: string, reason: string, write: string): Result<never> => ({
  ok: false,
  faults: [{ place, reason, write }],
});
