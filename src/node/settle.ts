import { openCollector } from './collector.ts';

/** Milliseconds after the start, when rules are loaded. */
const SETTLED = 1_000;

/**
 * Gives memory that only the start needed back to the system. V8 enlarges its young generation to 16 MB while modules
 * load, and by itself shrinks it in no idle process: 6–8 MB for 20 ms of CPU time, once.
 */
export function settleMemory(): () => void {
  const timer = setTimeout(() => openCollector('all')(), SETTLED).unref();
  return () => clearTimeout(timer);
}
