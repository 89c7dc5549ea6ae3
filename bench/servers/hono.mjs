// hono with its own cors, and its own proxy around fetch. Arguments: the bucket's URL, and the one origin allowed.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { proxy } from 'hono/proxy';

const [, , bucket, origin] = process.argv;
const app = new Hono();
app.use(
  cors({
    origin,
    allowMethods: ['GET', 'PUT', 'HEAD'],
    allowHeaders: ['content-type', 'authorization', 'x-oss-date'],
    exposeHeaders: ['ETag', 'x-oss-request-id'],
    maxAge: 600,
  }),
);
app.all('*', (c) => proxy(bucket + c.req.url.slice(c.req.url.indexOf('/', 'https://'.length)), { ...c.req }));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`listening http://127.0.0.1:${port}`),
);
