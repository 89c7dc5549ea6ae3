// The peer floor: the cost of a proxy on node:http and undici with only a proxy's duties, without rules and framework. It
// removes hop-by-hop headers both ways, has back-pressure, passes aborts on, limits every wait, and sends X-Forwarded-*.
// Argument: the bucket's URL.
import { executionAsyncResource } from 'node:async_hooks';
import { createServer } from 'node:http';
import { Pool } from 'undici';

// As in src/node/server/tick.ts: without it the figures would depend on how long a server was idle.
export let tick = null;
process.nextTick(() => {
  tick = executionAsyncResource();
});

const [, , bucket] = process.argv;
const { host } = new URL(bucket);
const pool = new Pool(bucket, {
  connections: 256,
  connect: { timeout: 5_000 },
  headersTimeout: 60_000,
  bodyTimeout: 60_000,
  strictContentLength: false,
});

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Headers that this server writes itself, or answers itself. */
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  'expect',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
const STATUS_OF = { UND_ERR_CONNECT_TIMEOUT: 504, UND_ERR_HEADERS_TIMEOUT: 504 };

/** The names that a Connection header declares hop-by-hop; null, as nearly always, without any. */
function nominatedBy(value) {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return null;
  const names = lower.split(',').map((name) => name.trim());
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'host'));
}

const without = (names, headers) =>
  names === null ? headers : headers.filter((_, at) => !names.has(headers[at - (at % 2)].toLowerCase()));

function requestHeaders({ rawHeaders, socket }) {
  let nominated = null;
  let forwardedFor = '';
  let forwardedHost = '';
  const forwarded = ['Host', host];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const key = rawHeaders[at].toLowerCase();
    const value = rawHeaders[at + 1];
    if (!NOT_FORWARDED.has(key)) forwarded.push(rawHeaders[at], value);
    else if (key === 'connection') nominated = nominatedBy(value);
    else if (key === 'host') forwardedHost = value;
    else if (key === 'x-forwarded-for') forwardedFor = `${value}, `;
  }
  const own = ['X-Forwarded-For', forwardedFor + socket.remoteAddress, 'X-Forwarded-Host', forwardedHost];
  return without(nominated, forwarded).concat(own, 'X-Forwarded-Proto', 'http');
}

function responseHeaders(raw) {
  let nominated = null;
  const forwarded = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toString('latin1');
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key)) forwarded.push(name, raw[at + 1].toString('latin1'));
    else if (key === 'connection') nominated = nominatedBy(raw[at + 1].toString('latin1'));
  }
  return without(nominated, forwarded);
}

/** RFC 9112 §6.3. */
function hasBody({ method, headers }) {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function forward(incoming, outgoing) {
  let controller = null;
  let gone = false;
  outgoing.on('close', () => {
    if (outgoing.writableFinished) return;
    gone = true;
    controller?.abort(new Error('the client has gone'));
  });
  pool.dispatch(
    {
      method: incoming.method,
      path: incoming.url,
      headers: requestHeaders(incoming),
      body: hasBody(incoming) ? incoming : null,
    },
    {
      onRequestStart(started) {
        controller = started;
        if (gone) started.abort(new Error('the client has gone'));
      },
      onResponseStart({ rawHeaders }, status) {
        if (status >= 200) outgoing.writeHead(status, responseHeaders(rawHeaders));
      },
      onResponseData(receiving, chunk) {
        if (outgoing.write(chunk)) return;
        receiving.pause();
        outgoing.once('drain', () => receiving.resume());
      },
      onResponseEnd() {
        outgoing.end();
      },
      onResponseError(_, error) {
        if (gone) return;
        // A body that breaks off must not look complete.
        if (outgoing.headersSent) outgoing.destroy();
        else outgoing.writeHead(STATUS_OF[error.code] ?? 502, ['Content-Length', '0']).end();
      },
    },
  );
}

const server = createServer({ headersTimeout: 30_000, requestTimeout: 0, keepAliveTimeout: 65_000 }, forward);
server.setTimeout(90_000);
server.listen(0, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}`));
