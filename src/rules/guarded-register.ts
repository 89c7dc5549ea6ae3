import type { Register, RegisterEntry } from './register.ts';

/** A register whose writes of one bucket run one after the other in this process. */
export interface GuardedRegister extends Register {
  /**
   * Replaces the entry if `isExpected` accepts the present one; returns whether it did. No other write of this process comes
   * in between. Rejects as `read` and `write` do.
   */
  swap(
    bucket: string,
    isExpected: (present: RegisterEntry | null) => Promise<boolean>,
    entry: RegisterEntry,
  ): Promise<boolean>;
}

/** Guards a register. Other machines that share it can still write in between. */
export function guardedRegister(register: Register): GuardedRegister {
  const last = new Map<string, Promise<unknown>>();

  function inTurn<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(bucket) ?? Promise.resolve();
    const turn = before.then(work, work);
    last.set(bucket, turn);
    const end = () => {
      if (last.get(bucket) === turn) last.delete(bucket);
    };
    turn.then(end, end);
    return turn;
  }

  return {
    ...register,
    write: (bucket, entry) => inTurn(bucket, () => register.write(bucket, entry)),
    swap: (bucket, isExpected, entry) =>
      inTurn(bucket, async () => {
        if (!(await isExpected(await register.read(bucket)))) return false;
        await register.write(bucket, entry);
        return true;
      }),
  };
}
