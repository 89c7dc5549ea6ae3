import { afterEach, beforeEach, vi } from 'vitest';
import { createGate, type GateLimits, type Permit, type Turn } from '../../../src/node/transport/gate.ts';

export const happened: string[] = [];
/** Turns by name, with their permits. The first letter of a name is the client: `a1` and `a2` have one client. */
const turns = new Map<string, Turn & { bytes: number; isWaiting: boolean; permit?: Permit }>();

export function turn(name: string): Turn {
  const made = {
    client: name.charAt(0),
    bytes: 0,
    isWaiting: false,
    go: () => void happened.push(`${name} goes`),
    refuse: () => void happened.push(`${name} refused`),
    moved: () => made.bytes,
    waits: () => made.isWaiting,
    end: () => void happened.push(`${name} ended`),
  };
  turns.set(name, made);
  return made;
}

export const find = (name: string) => {
  const found = turns.get(name);
  if (found === undefined) throw new Error(`no turn ${name}`);
  return found;
};

/** A gate whose requests have names. */
export function open(limits: Partial<GateLimits>, onEnd?: (client: string, passing: number) => void) {
  const gate = createGate({ connections: 2, queue: 2, wait: 1000, ...limits }, onEnd);
  return {
    request: (...names: string[]) => {
      for (const name of names) {
        const permit = gate.permit(turn(name));
        find(name).permit = permit;
        permit.request();
      }
    },
    release: (...names: string[]) => {
      for (const name of names) find(name).permit?.release();
    },
    abandon: (name: string) => find(name).permit?.abandon(),
  };
}

/** Clears what happened before each test of a file, under fake timers. */
export function useTurns(): void {
  beforeEach(() => {
    happened.length = 0;
    turns.clear();
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
