import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Weak references to what Node makes of the ticks that `work` asks for. */
async function ticksOf(work: () => unknown): Promise<WeakRef<object>[]> {
  const made: WeakRef<object>[] = [];
  const hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'TickObject') made.push(new WeakRef(resource));
    },
  }).enable();
  await work();
  hook.disable();
  // A weak reference holds its object until the turn of the event loop is over.
  await pause(10);
  collect();
  return made;
}

test('one tick outlives every collection, and others do not', async () => {
  const others = await ticksOf(() => process.nextTick(() => {}));
  expect(others.map((tick) => tick.deref())).toEqual([undefined]);
  const kept = await ticksOf(() => import('../../../src/node/server/tick.ts'));
  expect(kept.map((tick) => tick.deref()).filter((tick) => tick !== undefined)).toHaveLength(1);
});
