import { afterEach, beforeEach } from 'vitest';
import { openRedis, type Redis } from '../../../src/node/keep/redis.ts';
import type { BusMessage } from '../../../src/rules/bus.ts';
import type { LastGood } from '../../../src/rules/last-good.ts';
import { versionOf } from '../../../src/rules/version.ts';
import { rule } from '../../helpers/rules.ts';

const closing: (() => Promise<unknown>)[] = [];

/** What the test's clients have warned of. */
export const told: string[] = [];
export const warn = (message: string) => void told.push(message);

/** Closes what a test has opened, and forgets what it was told, for all tests of a file. */
export function useClients(): void {
  beforeEach(() => {
    told.length = 0;
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
}

/** Has something closed after the test, the last one first. */
export const closeAfter = (close: () => Promise<unknown>) => void closing.push(close);

export async function open(url: string): Promise<Redis & { heard: BusMessage[] }> {
  const redis = await openRedis(url, warn);
  closeAfter(redis.close);
  const heard: BusMessage[] = [];
  redis.bus.subscribe((message) => heard.push(message));
  return { ...redis, heard };
}

/** Rules for one origin, as they are kept. */
export async function lastGood(origin: string): Promise<LastGood> {
  const ruleSet = { rules: [rule({ allowedOrigins: [origin] })], responseVary: false };
  const version = await versionOf(ruleSet);
  return { outcome: 'rules', ruleSet, version, warnings: [], loadedAt: 1, confirmedAt: 2 };
}
