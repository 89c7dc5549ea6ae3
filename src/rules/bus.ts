/** What processes that serve the same buckets tell each other. */
export type BusMessage =
  | {
      /** Rules have changed, and last good ones are kept where the others can read them. */
      readonly kind: 'changed';
      readonly bucket: string;
      readonly version: string;
    }
  | {
      /** Somebody wants rules loaded anew. */
      readonly kind: 'refresh';
      /** Null: of all buckets. */
      readonly bucket: string | null;
    };

/**
 * Carries messages between processes. None is promised to arrive: whoever misses one learns of new rules when its
 * own have reached their age.
 */
export interface Bus {
  /** Tells the others; its own listeners are not called. Never throws. */
  publish(message: BusMessage): void;
  /** Calls back for each message of another member, which must not throw; returns what ends that. */
  subscribe(listener: (message: BusMessage) => void): () => void;
  /** Publishes and delivers nothing from here on. */
  close(): Promise<void>;
}

/** As long as the name of a bucket may be in a message. */
const MAX_NAME = 1024;
const VERSION = /^[0-9a-f]{16}$/;

/** The message that a value from outside is, made anew from what was checked; null when it is none. */
export function readBusMessage(value: unknown): BusMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, bucket, version } = value as Readonly<Record<string, unknown>>;
  if (kind === 'refresh' && (bucket === null || isName(bucket))) return { kind, bucket };
  if (kind !== 'changed' || !isName(bucket)) return null;
  return typeof version === 'string' && VERSION.test(version) ? { kind, bucket, version } : null;
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_NAME;

/** Those who listen at one member of a bus. */
export function listeners() {
  const listening = new Set<(message: BusMessage) => void>();
  return {
    subscribe(listener: (message: BusMessage) => void): () => void {
      const own = (message: BusMessage): void => listener(message);
      listening.add(own);
      return () => void listening.delete(own);
    },
    tell(message: BusMessage): void {
      for (const listener of listening) listener(message);
    },
    clear: (): void => listening.clear(),
  };
}

/** A bus for several members in one process. Messages arrive after `publish` has returned, in their order. */
export function inProcessBus(): { join(): Bus } {
  const members = new Set<(message: BusMessage) => void>();
  const join = (): Bus => {
    const { subscribe, tell, clear } = listeners();
    members.add(tell);
    return {
      publish(message) {
        if (!members.has(tell)) return;
        for (const other of members) if (other !== tell) queueMicrotask(() => other(message));
      },
      subscribe,
      async close() {
        members.delete(tell);
        clear();
      },
    };
  };
  return { join };
}
