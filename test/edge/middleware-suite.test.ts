import { openOwnApp } from '../helpers/middleware.ts';
import { addMiddlewareTests } from '../suite/middleware.ts';
import type { Runtime } from '../suite/runtime.ts';

const runtime: Runtime = {
  name: 'middleware',
  open: async (options) => {
    const app = await openOwnApp(options);
    const status = () => Promise.reject(new Error('an app with the middleware has no admin port'));
    return { ...app, edgeId: '', bucketNamed: () => app.bucket, status, events: [], errors: [] };
  },
};

addMiddlewareTests(runtime, 'Node');
