import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Weak references to Node's objects for the ticks of `work`. */
async function ticksOf(work: () => unknown): Promise<WeakRef<object>[]> {
  const made: WeakRef<object>[] = [];
  const hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'TickObject') made.push(new WeakRef(resource));
    },
  }).enable();
  await work();
  hook.disable();
  // A weak reference is strong until the end of the current turn of the event loop.
  await pause(10);
  collect();
  return made;
}

test('one tick outlives every collection, and others do not', async () => {
  const others = await ticksOf(() => process.nextTick(() => {}));
  expect(others.map((tick) => tick.deref())).toEqual([undefined]);
  const referenced = await ticksOf(() => import('../../../src/node/server/tick.ts'));
  expect(referenced.map((tick) => tick.deref()).filter((tick) => tick !== undefined)).toHaveLength(1);
});
