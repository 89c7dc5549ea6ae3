import { globSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

/** True if faketime is not installed. With CI=true it is never true, and the tests fail instead. */
export const skipped = library === undefined && process.env.CI !== 'true';
const why = skipped ? ' (skipped: faketime is not installed; apt-get install faketime)' : '';
export const WITH_FAKETIME = `with faketime${why}`;

/** The wall clock of other processes. Their monotonic clock is not changed, as when a machine's clock is set. */
export interface FakeClock {
  /** Environment variables for the processes that use this clock. */
  readonly env: Record<string, string>;
  /** Sets the offset from the real time: `-8h`. */
  set(offset: string): Promise<void>;
}

/** Stores the offset in `file`. The clock starts at the real time. */
export async function fakeClock(file: string): Promise<FakeClock> {
  if (library === undefined) throw new Error('faketime is not installed: apt-get install faketime');
  // Renamed, because faketime reads the file on every call: it must never see half an offset.
  const set = async (offset: string): Promise<void> => {
    await writeFile(`${file}.new`, offset);
    await rename(`${file}.new`, file);
  };
  await set('+0');
  // The system dates files, not the fake clock.
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { env, set };
}
