import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { PATIENCE, type Run, run, stop } from '../../cli/_process.ts';
import { freePort } from '../../helpers/listen.ts';
import { FILES } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import {
  type Asking,
  ask,
  BEGINNING,
  type Bucket,
  type Carrier,
  FRAMINGS,
  isRefused,
  openBucket,
  type Seen,
  WAYS,
} from './_endings.ts';

export const CARRIERS: readonly Carrier[] = ['TCP', 'Unix', 'TLS'];

/** How responses ended, by version and framing. */
export type Ends = Readonly<Record<string, Seen>>;

export interface Started {
  readonly edge: Run;
  readonly bucket: Bucket;
  /** Begins a response of each kind; returns a function that resolves to how they ended. */
  begin(): Promise<() => Promise<Ends>>;
}

let folder = '';
let bucket: Bucket;
let edge: Run | undefined;
const asked: Asking[] = [];

/** Starts the program for a test, with a bucket whose responses stand still. Both end with the test. */
export function useProcess() {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'endings-'));
    bucket = await openBucket('stands still');
  });
  afterEach(async () => {
    for (const { leave } of asked.splice(0)) leave();
    if (edge !== undefined) await stop(edge);
    edge = undefined;
    await bucket.close();
    rmSync(folder, { recursive: true });
  });

  return async (carrier: Carrier, ...args: readonly string[]): Promise<Started> => {
    const socket = join(folder, 'edge.sock');
    // With port 0 the port would change when no worker process is left.
    const port = String(await freePort());
    const listen = {
      TCP: ['--port', port],
      Unix: ['--socket', socket],
      TLS: ['--port', port, '--tls-cert', FILES.cert, '--tls-key', FILES.key],
    }[carrier];
    const started = run(['serve', '--bucket', bucket.url, '--admin-port', '0', ...listen, ...args], {
      limit: 60_000,
    });
    edge = started;
    await started.address('admin');
    const url = /^edge +(\S+)/m.exec(started.stderr())?.[1] ?? '';
    const where = carrier === 'Unix' ? { socket } : { url };
    return { edge: started, bucket, begin: () => beginAll(carrier, where) };
  };
}

async function beginAll(carrier: Carrier, where: Parameters<typeof ask>[0]): Promise<() => Promise<Ends>> {
  const kinds = KINDS.filter((kind) => kind[0] === carrier && !isRefused(kind));
  const asking = await Promise.all(kinds.map(([, version, framing]) => ask(where, version, framing)));
  asked.push(...asking);
  const begun = () => asking.every(({ seen }) => seen.bytes >= BEGINNING / 2);
  await until('all responses have begun', begun, PATIENCE);
  return async () => {
    const seen = await Promise.all(asking.map(({ ended }) => ended));
    return Object.fromEntries(
      kinds.flatMap(([, version, framing], at) => {
        const one = seen[at];
        return one === undefined ? [] : [[`${version} ${framing}`, one]];
      }),
    );
  };
}

const KINDS = WAYS.flatMap((way) => FRAMINGS.map((framing) => [...way, framing] as const));

/** The responses that looked complete. */
export const wholeOf = (ends: Ends): string[] => Object.keys(ends).filter((kind) => ends[kind]?.looksWhole);
