import type { Places } from './machine.ts';
import { cpuSeconds, machineSeconds } from './processes.ts';

/** The share of the machine's CPU time that other programs may use. */
const DISTURBED = 0.05;

/** Starts to measure the CPU time of other programs; the returned function reports it as a sentence. */
export function watchNoise({ all }: Places): () => string {
  const began = performance.now();
  const { busy, stolen } = machineSeconds();
  const own = cpuSeconds(process.pid);
  return () => {
    const whole = ((performance.now() - began) / 1000) * all.length;
    const now = machineSeconds();
    const percent = (seconds: number): string => `${((Math.max(seconds, 0) / whole) * 100).toFixed(0)} %`;
    const others = now.busy - busy - (cpuSeconds(process.pid) - own);
    const taken = others + now.stolen - stolen;
    const report = `other programs used ${percent(others)} of the machine's CPU time, its host ${percent(now.stolen - stolen)}`;
    return taken / whole > DISTURBED ? `${report}: too much for reliable figures` : report;
  };
}
