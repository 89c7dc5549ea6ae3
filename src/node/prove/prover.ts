import type { ExportFile } from '../../export/target.ts';
import type { ProofPath } from './bucket.ts';

/** A program that runs an export: started on loopback, with its files in a temporary folder. */
export interface Proved {
  /** `http://127.0.0.1:1234`, without a trailing slash. */
  readonly url: string;
  /** Ends the program and removes its folder. */
  close(): Promise<void>;
}

/** Answers of a bucket that a program cannot pass on, whatever its configuration. */
export interface Unpassable {
  /** `several Vary lines`. */
  readonly answers: string;
  /** Why, as a clause: `nginx before 1.23 reads the first alone`. */
  readonly why: string;
  has(path: ProofPath): boolean;
}

/** How the real program of a target is started with an export. */
export interface Prover {
  /** `nginx`. */
  readonly program: string;
  /** What to do where it is missing: `apt-get install nginx`. */
  readonly install: string;
  isInstalled(): Promise<boolean>;
  /** What the installed version cannot pass on: a proof does not ask for it, and says so. Absent: nothing. */
  unpassable?(): Promise<readonly Unpassable[]>;
  /** Request headers of a proof that the exported part does not send to the bucket, in lower case; absent: none. */
  readonly withheld?: readonly string[];
  /**
   * Starts the program before a bucket, `http://127.0.0.1:1234`. The export was compiled with this `bucketUrl`. Rejects with
   * what the program says if it does not start within its limit.
   */
  start(files: readonly ExportFile[], bucketUrl: string): Promise<Proved>;
}
