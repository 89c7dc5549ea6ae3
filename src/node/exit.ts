import { isDiskStuck } from './disk.ts';

/**
 * Ends this process. Where disk work hangs, `process.exit` would wait for it, so that the process kills itself, and its
 * status is that of SIGKILL.
 */
export function exit(code: number): void {
  if (isDiskStuck()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

/** Has this process end with a code once nothing is left to do; disk work that hangs would be left for ever. */
export function exitLater(code: number): void {
  process.exitCode = code;
  if (isDiskStuck()) exit(code);
}
