import type { TestProject } from 'vitest/node';
import { type Gateway, startGateway } from './_gateway.ts';
import { MISSING, SKIPPED } from './_programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    gateway: Gateway;
  }
}

/** Starts one gateway for all test files and ends it after the last. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const install = `apt-get install ${MISSING.join(' ')}`;
  if (SKIPPED) {
    console.warn(`Skipped: Debian packages are missing. ${install}`);
    return undefined;
  }
  if (MISSING.length > 0) throw new Error(`Debian packages are missing: ${install}`);
  const { stop, ...gateway } = await startGateway();
  project.provide('gateway', gateway);
  return stop;
}
