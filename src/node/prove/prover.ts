import type { ExportFile } from '../../export/target.ts';

/** A program that runs an export: started on loopback, with its files in a temporary folder. */
export interface Proved {
  /** `http://127.0.0.1:1234`, without a trailing slash. */
  readonly url: string;
  /** Ends the program and removes its folder. */
  close(): Promise<void>;
}

/** How the real program of a target is started with an export. */
export interface Prover {
  /** `nginx`. */
  readonly program: string;
  /** What to do where it is missing: `apt-get install nginx`. */
  readonly install: string;
  isInstalled(): Promise<boolean>;
  /**
   * Starts the program before a bucket, `http://127.0.0.1:1234`. The export was compiled with this `bucketUrl`. Rejects with
   * what the program says if it does not start within its limit.
   */
  start(files: readonly ExportFile[], bucketUrl: string): Promise<Proved>;
}
