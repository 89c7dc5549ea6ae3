// fastify with @fastify/cors and @fastify/http-proxy. Arguments: the bucket's URL, and the one origin allowed.
import cors from '@fastify/cors';
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

const [, , bucket, origin] = process.argv;
const app = fastify({ logger: false });
app.register(cors, {
  origin: [origin],
  methods: ['GET', 'PUT', 'HEAD'],
  allowedHeaders: ['content-type', 'authorization', 'x-oss-date'],
  exposedHeaders: ['ETag', 'x-oss-request-id'],
  maxAge: 600,
});
app.register(httpProxy, {
  upstream: bucket,
  // @fastify/cors answers OPTIONS.
  httpMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  undici: { connections: 256, pipelining: 1 },
});
console.log(`listening ${await app.listen({ host: '127.0.0.1', port: 0 })}`);
