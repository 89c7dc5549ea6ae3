import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { type Run, stop } from '../cli/_process.ts';
import { type CurlAnswer, curl } from './_curl.ts';
import { type ServedBucket, startEdge } from './_edge.ts';
import type { Gateway } from './_gateway.ts';
import { openRecorder } from './_recorder.ts';
import { openWitness, type Witness } from './_witness.ts';

/** An edge before the gateway, and what it asks the gateway. */
export interface Recorded {
  readonly gateway: Gateway;
  readonly witness: Witness;
  readonly edge: Run;
  readonly url: string;
  /** The address under which the edge knows the gateway. */
  readonly store: string;
  /** Method and target of each request of the edge, in order of arrival. */
  readonly asked: string[];
  /** A new folder for the files of a test. */
  folder(): string;
  /** Sends a request to the edge by curl; its target is sent unchanged. */
  curl(host: string, target: string, ...args: readonly string[]): Promise<CurlAnswer>;
}

/** Opens it for the tests of a file, before new buckets. `served` gets the address of a bucket by its name. */
export function useRecorded(
  buckets: readonly string[],
  served: (address: (bucket: string) => string) => Readonly<Record<string, ServedBucket>>,
): () => Recorded {
  let recorded: Recorded;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    const gateway = inject('gateway');
    const home = mkdtempSync(join(tmpdir(), 'rgw-recorded-'));
    closing.push(() => rmSync(home, { recursive: true, force: true }));
    const witness = openWitness(gateway);
    closing.push(() => witness.close());
    const recorder = await openRecorder(gateway.url);
    closing.push(() => recorder.close());
    const stateDir = join(home, 'state');
    mkdirSync(stateDir);
    for (const bucket of buckets) await witness.create(bucket);
    const addressOf = (bucket: string) => `s3://${bucket}?endpoint=${recorder.url}`;
    const edge = startEdge(home, gateway, served(addressOf), { stateDir });
    closing.push(() => stop(edge));
    const url = await edge.address('edge');
    const folder = () => mkdtempSync(join(home, 'files-'));
    recorded = {
      gateway,
      witness,
      edge,
      url,
      store: recorder.url,
      asked: recorder.asked,
      folder,
      curl: (host, target, ...args) => curl({ folder }, { url, host, root: '' }, target, ...args),
    };
  });

  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  return () => recorded;
}
