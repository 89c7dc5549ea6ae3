import { access, mkdir, symlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { start } from '../../../src/node/start.ts';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { optionsOf } from '../_running.ts';
import { at, type Buckets, blue, bucketsOf, get, red, useBuckets } from './_buckets.ts';

useBuckets();

const starting = (stateDir: string, buckets: Buckets) =>
  start(optionsOf({ stateDir, ownHosts: 'any.test' }), bucketsOf(buckets), {
    log: { write: () => undefined },
    env: {},
  });

/** The lines of the start fault; fails the test if the edge starts. */
async function refused(stateDir: string, buckets: Buckets): Promise<readonly string[] | null> {
  const failed = await starting(stateDir, buckets).catch((error) => error);
  if (failed instanceof Error) return startFaultLines(failed);
  await failed.close();
  throw new Error('it started');
}

const line = (stateDir: string, bucket = 'red') =>
  `bucket ${bucket}: --state-dir ${stateDir} lies in the folder that bucket ${at(bucket)} serves, and clients could ` +
  'replace the rules stored there; write a folder outside of it';

describe('a state directory', () => {
  test.each<[string, () => Promise<string>]>([
    ['below the served folder', async () => at('red', 'deep', 'state')],
    ['that is the served folder', async () => at('red')],
    [
      'below it by a link',
      async () => {
        await mkdir(at('red', 'real'));
        await symlink(at('red', 'real'), at('link'));
        return at('link');
      },
    ],
  ])('%s is a start fault', async (_, place) => {
    const stateDir = await place();
    expect(await refused(stateDir, { red: red() })).toEqual([line(stateDir)]);
  });

  test('is refused below a link to the served folder', async () => {
    await symlink(at('red'), at('served'));
    const [fault] = (await refused(at('red', 'state'), { red: { bucket: at('served') } })) ?? [];
    expect(fault).toContain(`serves, and clients could replace the rules`);
  });

  test('is refused by each bucket that has it, also when buckets are replaced', async () => {
    const both = { red: red({ hosts: 'red' }), blue: blue({ hosts: 'blue' }) };
    expect(await refused(at('blue', 'state'), both)).toEqual([line(at('blue', 'state'), 'blue')]);
    const edge = await starting(at('blue', 'state'), { red: red() });
    try {
      const failed = await edge.replace(bucketsOf(both)).catch((error) => error);
      expect(startFaultLines(failed)).toEqual([line(at('blue', 'state'), 'blue')]);
      expect((await get(edge, 'any.test', '/name.txt')).text).toBe('red');
    } finally {
      await edge.close();
    }
  });

  test('may have the served folder in it, and a name that begins like that of the folder', async () => {
    for (const stateDir of [at(), at('red-state')]) {
      const edge = await starting(stateDir, { red: red() });
      await edge.close();
    }
    await access(at('red-state'));
  });
});
