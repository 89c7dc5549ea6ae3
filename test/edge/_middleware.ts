import { type Context, Hono } from 'hono';
import type { BucketCorsOptions } from '../../src/config/middleware.ts';
import { bucketCors } from '../../src/middleware.ts';
import { A, ONE_ORIGIN } from '../suite/sets.ts';

export type Handler = (c: Context) => Response | Promise<Response>;

export const ASKING = { Origin: A, 'Access-Control-Request-Method': 'PUT' };

export const appWith = (handler: Handler, options: BucketCorsOptions = { rules: ONE_ORIGIN }) =>
  new Hono().use(bucketCors(options)).all('/key', handler);

/** The CORS headers of an answer, with Vary and Cache-Control. */
export const corsHeadersOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => /^access-control-|^vary$|^cache-control$/.test(name)));
