/** Ten thousand loads at once would use up the process's connections. */
const AT_ONCE = 32;

/** Runs `work` for each item, a few at once. A rejection does not stop the rest. */
export async function fewAtOnce<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const left = all.values();
  const worker = async () => {
    for (const one of left) await work(one).catch(() => {});
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
