import { describe, expect, test } from 'vitest';
import { PATIENCE } from '../cli/process.ts';
import { until } from '../helpers/until.ts';
import { CARRIERS, useProcess, wholeOf } from './endings-process.ts';
import { call } from './running.ts';

const start = useProcess();

describe.each(CARRIERS)('over %s, answers that are cut off do not look whole', (carrier) => {
  test('at the end of a drain', async () => {
    const { edge, begin } = await start(carrier, '--drain', '0');
    const ends = await begin();
    edge.child.kill('SIGTERM');
    expect(wholeOf(await ends())).toEqual([]);
    expect(await edge.code).toBe(0);
  });

  test('by a second signal', async () => {
    const { edge, begin } = await start(carrier, '--drain', '1h');
    const admin = await edge.address('admin');
    const ends = await begin();
    edge.child.kill('SIGTERM');
    const isEnding = async () => (await call(`${admin}/readyz`)).status === 503;
    await until('the process is ending', isEnding, PATIENCE);
    edge.child.kill('SIGTERM');
    expect(wholeOf(await ends())).toEqual([]);
    expect([await edge.code, edge.child.signalCode]).toEqual(['killed', 'SIGTERM']);
  });
});
