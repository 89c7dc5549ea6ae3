/** What has been opened so far. */
export interface Opened {
  add(close: () => Promise<void>): void;
  /** Closes everything, the last first. */
  close(): Promise<void>;
}

export function createOpened(): Opened {
  const closers: (() => Promise<void>)[] = [];
  return {
    add: (close) => void closers.push(close),
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}
