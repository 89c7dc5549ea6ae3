import type { Register } from '../../rules/register.ts';
import { messageOf } from '../system-error.ts';
import type { RegisterOutcome, ToPrimary, ToWorker } from './messages.ts';

type RegisterCall = Extract<ToPrimary, { kind: 'registerRead' | 'registerWrite' }>;

/**
 * Returns a function that replies to calls of worker processes. `written` is called after each write, done or failed: the worker
 * process that wrote may end before it asks for the new rules.
 */
export const createRegisterServer =
  (register: Register | null, written: (key: string) => void) =>
  async (send: (message: ToWorker) => unknown, call: RegisterCall): Promise<void> => {
    send({ kind: 'registerReply', id: call.id, outcome: await outcomeOf(register, call, written) });
  };

async function outcomeOf(
  register: Register | null,
  call: RegisterCall,
  written: (key: string) => void,
): Promise<RegisterOutcome> {
  if (register === null) return { ok: false, message: 'there is no storage for rules' };
  try {
    if (call.kind === 'registerRead') return { ok: true, entry: await register.read(call.key) };
    // A failed write may be stored all the same.
    await register.write(call.key, call.entry).finally(() => written(call.key));
    return { ok: true, entry: null };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}
