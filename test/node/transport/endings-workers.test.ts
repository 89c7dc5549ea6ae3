import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { linesWith } from '../../cli/_edges.ts';
import { PATIENCE } from '../../cli/_process.ts';
import { until } from '../../helpers/until.ts';
import { workersOf } from '../cluster/_served.ts';
import { SIZE } from './_endings.ts';
import { CARRIERS, useProcess, wholeOf } from './_endings-process.ts';

const start = useProcess();
const WORKERS = ['--workers', '2', '--drain', '0'];

/** SIGKILL: the system closes the connections without a reset, so these look complete (docs/errors.md). */
const LOST = ['1.0 chunked', '1.0 close'];

describe.each(CARRIERS)('over %s, responses of worker processes', (carrier) => {
  test('are complete when the processes are replaced, and do not look complete when they are killed or drained', async () => {
    const { edge, bucket, begin } = await start(carrier, ...WORKERS);
    const replaced = await begin();
    edge.child.kill('SIGUSR2');
    const done = () => linesWith(edge, /^workers replaced$/).length === 1;
    await until('the workers are replaced', done, PATIENCE);
    bucket.finish();
    const seen = await replaced();
    expect(wholeOf(seen)).toEqual(Object.keys(seen));
    for (const { bytes } of Object.values(seen)) expect(bytes).toBeGreaterThanOrEqual(SIZE);

    const killed = await begin();
    const workers = await workersOf(edge);
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    expect(wholeOf(await killed())).toEqual(carrier === 'TCP' ? LOST : []);
    const followed = async () => {
      const now = await workersOf(edge);
      if (now.length !== 2 || now.some((worker) => workers.includes(worker))) return false;
      // A process exists before it listens.
      return (await fetch(`${await edge.address('admin')}/readyz`)).status === 200;
    };
    await until('other workers have started', followed, PATIENCE);

    const drained = await begin();
    edge.child.kill('SIGTERM');
    expect(wholeOf(await drained())).toEqual([]);
    expect(await edge.code).toBe(0);
  }, 60_000);

  test('do not look complete when their primary is killed and --drain is 0', async () => {
    const { edge, begin } = await start(carrier, ...WORKERS);
    const ends = await begin();
    edge.child.kill('SIGKILL');
    expect(wholeOf(await ends())).toEqual([]);
  });

  test('are complete when their primary is killed and they end within --drain', async () => {
    const { edge, bucket, begin } = await start(carrier, '--workers', '2', '--drain', '1m');
    const ends = await begin();
    const ended = once(edge.child, 'exit');
    edge.child.kill('SIGKILL');
    await ended;
    bucket.finish();
    const seen = await ends();
    expect(wholeOf(seen)).toEqual(Object.keys(seen));
  });

  test('are complete while their primary is stopped', async () => {
    const { edge, bucket, begin } = await start(carrier, ...WORKERS);
    const ends = await begin();
    edge.child.kill('SIGSTOP');
    try {
      bucket.finish();
      const seen = await ends();
      expect(wholeOf(seen)).toEqual(Object.keys(seen));
    } finally {
      edge.child.kill('SIGCONT');
    }
  });

  test('do not look complete when their bucket breaks off while their primary is stopped', async () => {
    const { edge, bucket, begin } = await start(carrier, ...WORKERS);
    const ends = await begin();
    edge.child.kill('SIGSTOP');
    try {
      for (const socket of bucket.open) socket.resetAndDestroy();
      expect(wholeOf(await ends())).toEqual([]);
    } finally {
      edge.child.kill('SIGCONT');
    }
  });
});
