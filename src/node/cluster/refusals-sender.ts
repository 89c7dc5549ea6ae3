import type { Refusals } from '../../rules/refusals.ts';
import type { ToPrimary } from './messages.ts';

/** Milliseconds between two messages; a worker process that crashes loses the refusals since the last one. */
const INTERVAL_MS = 1_000;

/** Sends the refusals of a worker process to the primary, every second and once more by the returned function. */
export function startRefusalsSender(
  refusals: Pick<Refusals, 'take'>,
  sendMessage: (message: ToPrimary) => Promise<boolean>,
): () => void {
  const send = (): void => {
    const taken = refusals.take();
    if (taken !== null) void sendMessage({ kind: 'refusals', taken });
  };
  const timer = setInterval(send, INTERVAL_MS).unref();
  return () => {
    clearInterval(timer);
    send();
  };
}
