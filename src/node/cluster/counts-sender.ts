import type { Counts } from '../metrics/counts.ts';
import type { UnderwayCounts } from '../metrics/underway.ts';
import type { ToPrimary } from './messages.ts';

/** Milliseconds between two messages; a worker process that crashes loses the counts since the last one. */
const INTERVAL_MS = 1_000;

/** Sends a worker process's counts to the primary, every second until `stop`. */
export interface CountsSender {
  /** Sends what was counted since the last message; `id` names the request that this replies to. */
  send(id: number | null): Promise<void>;
  stop(): void;
}

export function startCountsSender(
  counts: Pick<Counts, 'take' | 'add'>,
  underway: Pick<UnderwayCounts, 'read'>,
  sendMessage: (message: ToPrimary) => Promise<boolean>,
): CountsSender {
  async function send(id: number | null): Promise<void> {
    const taken = counts.take();
    const busy = underway.read().filter(({ inFlight }) => inFlight > 0);
    const sent = await sendMessage({ kind: 'counts', taken, underway: busy, id });
    if (!sent && taken !== null) counts.add(taken);
  }
  const timer = setInterval(() => void send(null), INTERVAL_MS).unref();
  return { send, stop: () => clearInterval(timer) };
}
