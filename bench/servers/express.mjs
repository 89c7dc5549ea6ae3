// express with cors and http-proxy-middleware. Arguments: the bucket's URL, and the one origin allowed.
import cors from 'cors';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const [, , bucket, origin] = process.argv;
const app = express();
app.disable('x-powered-by');
app.use(
  cors({
    origin: [origin],
    methods: ['GET', 'PUT', 'HEAD'],
    allowedHeaders: ['content-type', 'authorization', 'x-oss-date'],
    exposedHeaders: ['ETag', 'x-oss-request-id'],
    maxAge: 600,
  }),
);
// By default its agent keeps connections open, up to 256 of them.
app.use(createProxyMiddleware({ target: bucket, changeOrigin: true, xfwd: true }));
const server = app.listen(0, '127.0.0.1', () =>
  console.log(`listening http://127.0.0.1:${server.address().port}`),
);
