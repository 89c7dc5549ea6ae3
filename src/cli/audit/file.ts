import { causeOf } from '../../bucket/cause.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import type { Result } from '../../document/fault.ts';
import { readTextFile } from '../../node/files/text-file.ts';
import { createPools } from '../../node/transport/pools.ts';
import { readByPools } from '../../node/transport/small-read.ts';
import type { Terminal } from '../command.ts';
import { patiently } from '../patience.ts';
import { readInput } from '../sources/input.ts';

/** A configuration that was read. */
export interface DeployedFile {
  /** The path, or the URL without secrets. */
  readonly name: string;
  /** Absent if it is not in a file. */
  readonly path?: string;
  readonly text: string;
}

/** Room for the configurations of a CDN's domain; an export of 800 rules has less. */
const MAX_BYTES = 4 * 1_048_576;
/** Milliseconds for the answer of a URL. */
const URL_TIMEOUT = 10_000;

/** Reads the file, standard input or URL that a word names, within limits of size and time. Never rejects. */
export async function readDeployed(
  word: string,
  terminal: Terminal,
  limit: number = URL_TIMEOUT,
): Promise<Result<DeployedFile, string>> {
  if (word === '-') {
    const read = patiently(
      readInput(process.stdin, undefined, MAX_BYTES),
      'bucket-cors: reading standard input …',
      terminal,
    );
    return named(await read, { name: 'standard input' });
  }
  if (/^https?:\/\//i.test(word))
    return patiently(readUrl(word, limit), 'bucket-cors: waiting for the url …', terminal);
  const found = await readTextFile(word, { maxBytes: MAX_BYTES, pipe: true });
  if ('fault' in found)
    return failed(
      `${word} ${found.fault}. Name a file with a configuration: check the path and its permissions.`,
    );
  return named({ ok: true, value: found.text }, { name: word, path: word });
}

async function readUrl(word: string, limit: number): Promise<Result<DeployedFile, string>> {
  if (!URL.canParse(word))
    return failed(
      `FILE ${JSON.stringify(withoutSecrets(word) ?? 'https://…')} is not a URL. Write a path or a URL.`,
    );
  const url = new URL(word);
  const name = url.origin + url.pathname;
  if (url.username !== '' || url.password !== '')
    return failed(`${name} has a user name or password. Fetch it with curl, and write - in its place.`);
  const { pools, close } = createPools();
  try {
    const signal = AbortSignal.timeout(limit);
    const { status, headers, text } = await readByPools(pools)(url.href, [], { maxBytes: MAX_BYTES, signal });
    if (status === 200) return named({ ok: true, value: text }, { name });
    const to = headers.get('location');
    const moved = to === null ? '' : ` with a redirect to ${withoutSecrets(to) ?? 'another URL'}`;
    return failed(
      `${name} answered ${status}${moved}. Write the URL of the file itself; redirects are not followed.`,
    );
  } catch (error) {
    const cause = causeOf(error, (text) => text.replaceAll(url.href, name));
    return failed(`${name} could not be read: ${cause}. Check the URL, or save the file and name it.`);
  } finally {
    void close();
  }
}

/** What no configuration has: NUL, or bytes that are no UTF-8. */
const BINARY = /[\0\ufffd]/;

function named(text: Result<string, string>, file: Omit<DeployedFile, 'text'>): Result<DeployedFile, string> {
  if (!text.ok) return text;
  if (text.value.trim() === '') return failed(`${file.name} is empty. Name a file with a configuration.`);
  if (BINARY.test(text.value))
    return failed(`${file.name} is not text. Name the configuration itself, not an archive of it.`);
  return { ok: true, value: { ...file, text: text.value } };
}

const failed = (line: string): Result<never, string> => ({ ok: false, faults: [line] });
