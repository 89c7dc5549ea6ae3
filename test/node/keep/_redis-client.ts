import { afterEach, beforeEach } from 'vitest';
import { openRedis, type Redis } from '../../../src/node/keep/redis.ts';
import type { BusMessage } from '../../../src/rules/bus.ts';
import type { LastGood } from '../../../src/rules/last-good.ts';
import { versionOf } from '../../../src/rules/version.ts';
import { rule } from '../../helpers/rules.ts';

const closing: (() => Promise<unknown>)[] = [];

/** The warnings of the test's clients. */
export const warnings: string[] = [];
export const warn = (message: string) => void warnings.push(message);

/** Clears the warnings before each test of a file, and closes its clients after it. */
export function useClients(): void {
  beforeEach(() => {
    warnings.length = 0;
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
}

/** Closes something after the test, in reverse order. */
export const closeAfter = (close: () => Promise<unknown>) => void closing.push(close);

export async function open(url: string): Promise<Redis & { received: BusMessage[] }> {
  const redis = await openRedis(url, warn);
  closeAfter(redis.close);
  const received: BusMessage[] = [];
  redis.bus.subscribe((message) => received.push(message));
  return { ...redis, received };
}

/** Last good rules that allow GET from one origin. */
export async function lastGood(origin: string): Promise<LastGood> {
  const ruleSet = { rules: [rule({ allowedOrigins: [origin] })], responseVary: false };
  const version = await versionOf(ruleSet);
  return { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt: 2 };
}
