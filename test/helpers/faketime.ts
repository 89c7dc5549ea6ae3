import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

/** Whether there is nothing to test with; in CI that is a failure instead. */
export const skipped = library === undefined && process.env.CI !== 'true';
const why = skipped ? ' (not run: there is no faketime; apt-get install faketime)' : '';
export const WITH_FAKETIME = `with faketime${why}`;

/** The wall clock of other processes. Their monotonic clock goes on as it is, as on a machine whose clock is set. */
export interface FakeClock {
  /** Variables for the processes that go by it. */
  readonly env: Record<string, string>;
  /** Sets it so much before or behind the right time: `-8h`. */
  set(offset: string): Promise<void>;
}

/** `file` is where the offset is; it is right at first. */
export async function fakeClock(file: string): Promise<FakeClock> {
  if (library === undefined) throw new Error('there is no faketime: apt-get install faketime');
  // Never half an offset: it is read at each look at the clock.
  const set = async (offset: string): Promise<void> => {
    await writeFile(`${file}.new`, offset);
    await rename(`${file}.new`, file);
  };
  await set('+0');
  // Files are dated by the system, not by the faked clock.
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { env, set };
}
