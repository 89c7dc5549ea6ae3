import { describe, expect, test } from 'vitest';
import { linesWith } from '../../cli/_edges.ts';
import { PATIENCE } from '../../cli/_process.ts';
import { until } from '../../helpers/until.ts';
import { workersOf } from '../cluster/_served.ts';
import { SIZE } from './_endings.ts';
import { CARRIERS, useProcess, wholeOf } from './_endings-process.ts';

const start = useProcess();
const WORKERS = ['--workers', '2', '--drain', '0'];

/** No process can do anything about SIGKILL: its system closes what it had open. docs/errors.md says so. */
const LOST = ['1.0 chunked', '1.0 close'];

describe.each(CARRIERS)('over %s, answers of worker processes', (carrier) => {
  test('are whole when these are replaced, and do not look so when they are killed or end', async () => {
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
      // A process is there before it listens.
      return (await fetch(`${await edge.address('admin')}/readyz`)).status === 200;
    };
    await until('other workers follow', followed, PATIENCE);

    const drained = await begin();
    edge.child.kill('SIGTERM');
    expect(wholeOf(await drained())).toEqual([]);
    expect(await edge.code).toBe(0);
  }, 60_000);

  test('do not look whole when their primary is killed', async () => {
    const { edge, begin } = await start(carrier, ...WORKERS);
    const ends = await begin();
    edge.child.kill('SIGKILL');
    expect(wholeOf(await ends())).toEqual([]);
  });
});
