import { isatty } from 'node:tty';
import { said } from '../node/output/standard.ts';
import { startLimit } from '../rules/within.ts';
import type { Terminal } from './command.ts';

/** Milliseconds that a question waits for its answer. */
const ANSWER_LIMIT = 10 * 60_000;
/** Most characters of an answer; the rest is not read. */
const MOST = 200;

/** Asks on this process's terminal; undefined if it has none. Ctrl-C ends the process, as in any command. */
export const openQuestion = (): Terminal['ask'] =>
  isatty(0) && isatty(2)
    ? async (question) => {
        // Lines that were said before it are still in a queue.
        await said();
        process.stderr.write(`${question} `);
        return readLine();
      }
    : undefined;

/** The next line of standard input; null at its end, or after ANSWER_LIMIT. */
function readLine(): Promise<string | null> {
  const { stdin } = process;
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let text = '';
  const stop = startLimit(ANSWER_LIMIT, () => resolve(null));
  const take = (chunk: Buffer) => {
    text += chunk.toString('utf8');
    if (text.includes('\n') || text.length > MOST) resolve(text.split('\n', 1)[0]?.slice(0, MOST) ?? '');
  };
  const end = () => resolve(null);
  stdin.on('data', take).once('end', end).once('error', end).resume();
  return promise.finally(() => {
    stop();
    stdin.off('data', take).off('end', end).off('error', end).pause();
  });
}
