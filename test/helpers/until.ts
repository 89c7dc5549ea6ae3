const PATIENCE = 10_000;
const PAUSE = 10;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));

/** Waits until `holds`, looking again and again for at most `patience` milliseconds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = PATIENCE,
): Promise<void> {
  for (const end = Date.now() + patience; Date.now() < end; await pause()) if (await holds()) return;
  throw new Error(`waited ${patience / 1000} seconds in vain until ${what}`);
}

/** Waits until a number has stood still for thirty looks, and returns it. */
export async function standstill(count: () => number): Promise<number> {
  let same = 0;
  let last = -1;
  await until('a number stands still', () => {
    same = count() === last ? same + 1 : 0;
    last = count();
    return same === 30;
  });
  return last;
}
