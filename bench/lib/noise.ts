import { cpuSeconds, machineSeconds, type Places } from './machine.ts';

/** Part of the machine's CPU time that others may take. */
const DISTURBED = 0.05;

/** How much of the machine went to others meanwhile: what makes a run worth less. */
export function watchElsewhere({ all }: Places): () => string {
  const began = performance.now();
  const { busy, stolen } = machineSeconds();
  const own = cpuSeconds(process.pid);
  return () => {
    const whole = ((performance.now() - began) / 1000) * all.length;
    const now = machineSeconds();
    const percent = (seconds: number): string => `${((Math.max(seconds, 0) / whole) * 100).toFixed(0)} %`;
    const others = now.busy - busy - (cpuSeconds(process.pid) - own);
    const taken = others + now.stolen - stolen;
    const told = `of the machine's CPU time other programs took ${percent(others)}, its host ${percent(now.stolen - stolen)}`;
    return taken / whole > DISTURBED ? `${told}: too much for the figures to be gone by` : told;
  };
}
