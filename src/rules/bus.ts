/** A message between processes that serve the same buckets. */
export type BusMessage =
  | {
      /** A load found a new version; the other processes can read it from the shared storage. */
      readonly kind: 'changed';
      readonly bucket: string;
      readonly version: string;
    }
  | {
      /** The operator or a client asked for a load. */
      readonly kind: 'refresh';
      /** Null: all buckets. */
      readonly bucket: string | null;
    };

/** Carries messages between processes. Messages may be lost: a process then finds new rules at its next load. */
export interface Bus {
  /** Sends to the other members, not to its own listeners. Never throws. */
  publish(message: BusMessage): void;
  /** Calls `listener`, which must not throw, for each message of another member. Returns the unsubscription. */
  subscribe(listener: (message: BusMessage) => void): () => void;
  /** Stops publishing and delivering. */
  close(): Promise<void>;
}

/** The longest bucket key in a message, in characters. */
const MAX_NAME = 1024;
const VERSION = /^[0-9a-f]{16}$/;

/** Copies a message out of an untrusted value; null if the value is not a message. */
export function readBusMessage(value: unknown): BusMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, bucket, version } = value as Readonly<Record<string, unknown>>;
  if (kind === 'refresh' && (bucket === null || isName(bucket))) return { kind, bucket };
  if (kind !== 'changed' || !isName(bucket)) return null;
  return typeof version === 'string' && VERSION.test(version) ? { kind, bucket, version } : null;
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_NAME;

/** The listeners of one member of a bus. */
export function listeners() {
  const listening = new Set<(message: BusMessage) => void>();
  return {
    subscribe(listener: (message: BusMessage) => void): () => void {
      const own = (message: BusMessage): void => listener(message);
      listening.add(own);
      return () => void listening.delete(own);
    },
    deliver(message: BusMessage): void {
      for (const listener of listening) listener(message);
    },
    clear: (): void => listening.clear(),
  };
}

/** A bus for several members in one process. Messages arrive in order, after `publish` has returned. */
export function inProcessBus(): { join(): Bus } {
  const members = new Set<(message: BusMessage) => void>();
  const join = (): Bus => {
    const { subscribe, deliver, clear } = listeners();
    members.add(deliver);
    return {
      publish(message) {
        if (!members.has(deliver)) return;
        for (const other of members) if (other !== deliver) queueMicrotask(() => other(message));
      },
      subscribe,
      async close() {
        members.delete(deliver);
        clear();
      },
    };
  };
  return { join };
}
