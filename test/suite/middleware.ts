import { describe } from 'vitest';
import { addPreflightTests } from './preflight.ts';
import { addRefusalTests } from './refusal.ts';
import { addRepeatedTests } from './repeated.ts';
import type { Runtime } from './runtime.ts';
import { addVaryTests } from './vary.ts';
import { addVectorTests } from './vectors.ts';

/** The parts of the suite that do not depend on how objects are fetched. */
export function addMiddlewareTests(runtime: Runtime, platform: string): void {
  describe(`bucketCors in a Hono app on ${platform}, over HTTP`, () => {
    addPreflightTests(runtime);
    addRefusalTests(runtime);
    addRepeatedTests(runtime);
    addVaryTests(runtime);
    addVectorTests(runtime);
  });
}
