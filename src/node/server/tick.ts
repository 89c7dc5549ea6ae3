import { executionAsyncResource } from 'node:async_hooks';

/**
 * One of the objects in which Node holds what `process.nextTick` was given, kept alive for as long as the process. When
 * a full collection finds none of them, V8 forgets their shape; Node's code for making them has then seen two, and from
 * there on takes 0.9 µs in place of 0.1 for each, some seven times a request, until the process ends (Node 24;
 * docs/decisions/0008-proxy-path.md). Made when this module is loaded, which is before any collection that could matter,
 * and in nobody's async context.
 */
export const keptTick: Promise<object> = new Promise((resolve) => {
  process.nextTick(() => resolve(executionAsyncResource()));
});
