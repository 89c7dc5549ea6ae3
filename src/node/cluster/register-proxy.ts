import { REGISTER_TIMEOUT, type Register, type RegisterEntry } from '../../rules/register.ts';
import { createPendingCalls } from './ipc.ts';
import type { RegisterOutcome, ToPrimary } from './messages.ts';

/** Milliseconds for the primary's reply, beyond its own limit. */
const REPLY_MARGIN_MS = 1_000;

/** The primary's register, in a worker process. */
export interface RegisterProxy {
  readonly register: Register;
  /** Takes a reply of the primary. */
  settle(id: number, outcome: RegisterOutcome): void;
  /** The primary has exited: the calls without a reply fail. */
  giveUp(): void;
}

/** Only the primary reads and writes the storage; a call without its reply fails, and its outcome is unknown. */
export function createRegisterProxy(
  name: string,
  send: (message: ToPrimary) => Promise<boolean>,
): RegisterProxy {
  const calls = createPendingCalls<RegisterOutcome>(REGISTER_TIMEOUT + REPLY_MARGIN_MS);

  async function call(message: (id: number) => ToPrimary): Promise<RegisterEntry | null> {
    const outcome = await calls.call((id) => send(message(id)));
    if (outcome === null) throw new Error(`the primary process has not answered for ${name}`);
    if (!outcome.ok) throw new Error(outcome.message);
    return outcome.entry;
  }

  return {
    register: {
      name,
      read: (key) => call((id) => ({ kind: 'registerRead', id, key })),
      write: async (key, entry) => void (await call((id) => ({ kind: 'registerWrite', id, key, entry }))),
    },
    settle: calls.settle,
    giveUp: calls.giveUp,
  };
}
