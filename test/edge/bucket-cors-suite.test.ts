import { describe } from 'vitest';
import { openOwnApp } from '../helpers/own-app.ts';
import { addPreflightTests } from '../suite/preflight.ts';
import { addRefusalTests } from '../suite/refusal.ts';
import { addRepeatedTests } from '../suite/repeated.ts';
import type { Runtime } from '../suite/runtime.ts';
import { addVaryTests } from '../suite/vary.ts';
import { addVectorTests } from '../suite/vectors.ts';

/** The parts of the suite that don't hang on who fetches the objects; a rule load is told of to nobody here. */
const runtime: Runtime = {
  name: 'own app',
  open: async (options) => {
    const app = await openOwnApp(options);
    const told = () => Promise.reject(new Error('there is no admin port in an app of one’s own'));
    return { ...app, edgeId: '', bucketNamed: () => app.bucket, told, events: [], errors: [] };
  },
};

describe('bucketCors in an app on Node, over HTTP', () => {
  addPreflightTests(runtime);
  addRefusalTests(runtime);
  addRepeatedTests(runtime);
  addVaryTests(runtime);
  addVectorTests(runtime);
});
