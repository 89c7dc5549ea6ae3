// A Worker with hono, its own cors, and fetch. Variables: the bucket's URL, and the one origin allowed.
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { cors } from 'hono/cors';

const app = new Hono();
app.use(
  cors({
    origin: env.ALLOWED_ORIGIN,
    allowMethods: ['GET', 'PUT', 'HEAD'],
    allowHeaders: ['content-type', 'x-oss-date'],
    exposeHeaders: ['ETag'],
    maxAge: 600,
  }),
);
app.all('*', (c) => {
  const { pathname, search } = new URL(c.req.url);
  return fetch(new Request(env.BUCKET_URL + pathname + search, c.req.raw));
});
export default app;
