import { faultText } from '../document/fault.ts';
import { watchFile } from '../node/files/watch.ts';
import { exit, exitOnCrash, say } from '../node/output/standard.ts';
import type { Running } from '../node/start.ts';
import { startFaultLines } from '../node/start-fault.ts';
import type { Why } from '../node/start-stop.ts';
import { readFile } from './configure.ts';
import { endBySignals } from './ending.ts';
import { visible } from './formats/paint.ts';

export interface Served {
  readonly running: Pick<Running, 'replace' | 'refresh' | 'roll' | 'log' | 'retire' | 'close'>;
  readonly lines: readonly string[];
  /** Milliseconds from the signal to the drain: `--shutdown-delay`. */
  readonly delay?: number;
}

/**
 * Prints the addresses to standard error and serves until the first SIGTERM or SIGINT, which drains after the delay. A
 * second signal skips the rest of the delay; one during the drain ends the process at once. SIGHUP reads the
 * configuration file and loads all rules again, and SIGUSR2 replaces the worker processes.
 */
export async function run(open: () => Promise<Served>, configFile: string | null): Promise<void> {
  exitOnCrash();
  const endBy = endBySignals();
  // A signal during the start takes effect after it; without a listener it would end the process.
  let hungUp = false;
  let hangUp = () => {
    hungUp = true;
  };
  process.on('SIGHUP', () => hangUp());
  // Worker processes that are being started need no replacement.
  let roll = async () => {};
  process.on('SIGUSR2', () => void roll());
  // An edit during the start also takes effect after it: the file has been read already.
  let edited = false;
  let edit = () => {
    edited = true;
  };
  const watched = configFile === null ? null : watchFile(configFile, () => edit());
  try {
    const { running, lines, delay = 0 } = await open();
    const reread = () => rereadConfig(running, configFile);
    edit = () => void reread();
    if (edited) edit();
    // The file first, since it says which rules to load.
    hangUp = () => void reread().then(() => running.refresh().catch(() => {}));
    if (hungUp) hangUp();
    roll = running.roll;
    const drain = (why: Why) => {
      watched?.close();
      void running.close(why).then(() => exit(0));
    };
    const retire = () => {
      running.retire();
      if (delay > 0) running.log.info({ delay }, 'waiting for load balancers before the drain');
    };
    endBy({ retire, delay, drain });
    // Last: a supervisor may send a signal as soon as it reads them.
    for (const line of lines) say(line);
  } catch (error) {
    watched?.close();
    const lines = startFaultLines(error);
    if (lines === null) throw error;
    for (const line of lines) say(visible(`bucket-cors: ${line}`));
    await exit(1);
  }
}

/** Serves the buckets of a changed configuration file; a file with faults changes nothing. */
async function rereadConfig({ replace, log }: Served['running'], path: string | null): Promise<void> {
  if (path === null) return;
  const { buckets, store, faults } = await readFile(path);
  const refused = faults.length > 0 ? faults.map(faultText) : await replaced(() => replace(buckets, store));
  if (refused === null)
    log.info(
      { config: path, buckets: buckets.length },
      'configuration read; what is not under buckets needs a restart',
    );
  else log.error({ config: path, faults: refused }, 'configuration refused, the old one stays');
}

async function replaced(replace: () => Promise<void>) {
  try {
    await replace();
    return null;
  } catch (error) {
    return startFaultLines(error) ?? [error instanceof Error ? error.message : String(error)];
  }
}
