import { executionAsyncResource } from 'node:async_hooks';

/** One of the objects in which Node holds what `process.nextTick` was given. */
let tick: object | null = null;

/**
 * Keeps one such object alive. When a full collection finds none of them, V8 forgets their shape; Node's code for making
 * them has then seen two, and from there on takes 0.9 µs in place of 0.1 for each, some six times a request, until the
 * process ends (Node 24; docs/decisions/0008-proxy-path.md).
 */
export function keepTickShape(): void {
  if (tick !== null) return;
  process.nextTick(() => {
    tick = executionAsyncResource();
  });
}
