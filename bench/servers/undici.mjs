// node:http and undici without a proxy's duties: no proxy can be faster.
// Arguments: the bucket's URL, and a preflight's answer as a flat JSON list of headers.
import { executionAsyncResource } from 'node:async_hooks';
import { createServer } from 'node:http';
import { Pool } from 'undici';

// As in floor.mjs.
export let tick = null;
process.nextTick(() => {
  tick = executionAsyncResource();
});

const [, , bucket, preflight] = process.argv;
const answer = JSON.parse(preflight);
const pool = new Pool(bucket, { connections: 256 });

const server = createServer((incoming, outgoing) => {
  if (incoming.method === 'OPTIONS') {
    outgoing.writeHead(200, answer).end();
    return;
  }
  pool.dispatch(
    { method: incoming.method, path: incoming.url, headers: incoming.rawHeaders },
    {
      onRequestStart() {},
      onResponseStart({ rawHeaders }, status) {
        outgoing.writeHead(
          status,
          rawHeaders.map((item) => item.toString('latin1')),
        );
      },
      onResponseData(_, chunk) {
        outgoing.write(chunk);
      },
      onResponseEnd() {
        outgoing.end();
      },
      onResponseError() {
        outgoing.destroy();
      },
    },
  );
});
server.listen(0, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}`));
