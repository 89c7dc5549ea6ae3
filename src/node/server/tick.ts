import { executionAsyncResource } from 'node:async_hooks';

/**
 * One of Node's internal objects for `process.nextTick`, referenced for the life of the process. If a full collection
 * finds no such object, V8 drops their shape; Node's code that creates them then has two shapes, and takes 0.9 µs
 * instead of 0.1 µs for each, about seven times a request, until the process ends (Node 24;
 * docs/decisions/0008-proxy-path.md). This module makes the object when it is loaded: before any collection that could
 * matter, and outside any async context.
 */
export const referencedTick: Promise<object> = new Promise((resolve) => {
  process.nextTick(() => resolve(executionAsyncResource()));
});
