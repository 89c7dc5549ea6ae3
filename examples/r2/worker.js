// A Hono app that serves an R2 bucket; see wrangler.toml beside it.
import { bucketCors } from 'bucket-cors';
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
// The format of `wrangler r2 bucket cors set my-bucket --file cors.json`.
import rules from './cors.json';

const app = new Hono();

// Before everything else, so that every response has the CORS headers, errors too.
app.use(bucketCors({ rules: JSON.stringify(rules), store: 's3' }));

app.use('/:key{.+}', (c, next) => (isValid(c) ? next() : c.text('Bad Request', 400)));

app.get('/:key{.+}', (c) => (c.req.method === 'HEAD' ? describe(c) : send(c)));

app.put(
  '/:key{.+}',
  (c, next) => bearerAuth({ token: c.env.UPLOAD_TOKEN })(c, next),
  async (c) => {
    // R2 needs the length of an upload.
    if (c.req.header('content-length') === undefined) return c.body(null, 411);
    const put = await c.env.BUCKET.put(c.req.param('key'), c.req.raw.body ?? '', {
      httpMetadata: c.req.raw.headers,
      onlyIf: conditionsOf(c),
    });
    return put === null ? c.body(null, 412) : c.body(null, 200, { ETag: put.httpEtag });
  },
);

const MAX_KEY_BYTES = 1024;
const TAGS = /^(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)$/;
const TAG_CONDITIONS = ['if-match', 'if-none-match'];
const DATE_CONDITIONS = ['if-modified-since', 'if-unmodified-since'];

/** False for a key or an ETag list that makes R2 throw. */
const isValid = (c) =>
  new TextEncoder().encode(c.req.param('key')).length <= MAX_KEY_BYTES &&
  TAG_CONDITIONS.every((name) => TAGS.test(c.req.header(name) ?? '*'));

/** The conditions to apply: ETags take precedence over dates, invalid dates are ignored (RFC 9110 §13.1, §13.2.2). */
function conditionsOf(c) {
  const applied = new Headers();
  for (const name of [...TAG_CONDITIONS, ...DATE_CONDITIONS]) {
    const value = c.req.header(name);
    if (value !== undefined) applied.set(name, value);
  }
  if (applied.has('if-match')) applied.delete('if-unmodified-since');
  if (applied.has('if-none-match')) applied.delete('if-modified-since');
  for (const name of DATE_CONDITIONS) {
    if (Number.isNaN(Date.parse(applied.get(name) ?? ''))) applied.delete(name);
  }
  return applied;
}

/** The status if the object does not meet the conditions, 412 or 304; null if it does. */
function unmet(conditions, { httpEtag, uploaded }) {
  const names = (list) => list === '*' || list.split(/\s*,\s*/).includes(httpEtag);
  const time = (name) => Date.parse(conditions.get(name) ?? '');
  const match = conditions.get('if-match');
  const none = conditions.get('if-none-match')?.replaceAll('W/"', '"');
  const changed = Math.floor(uploaded.getTime() / 1000) * 1000;
  if ((match !== null && !names(match)) || changed > time('if-unmodified-since')) return 412;
  return (none !== undefined && names(none)) || changed <= time('if-modified-since') ? 304 : null;
}

async function describe(c) {
  const object = await c.env.BUCKET.head(c.req.param('key'));
  if (object === null) return c.notFound();
  const headers = headersOf(object);
  const status = unmet(conditionsOf(c), object);
  if (status !== null) return new Response(null, { status, headers });
  headers.set('Content-Length', String(object.size));
  return new Response(null, { headers });
}

async function send(c) {
  const conditions = conditionsOf(c);
  // R2 does not support If-Range, so send the whole object, which RFC 9110 §13.1.5 allows.
  const ranged = c.req.header('range') !== undefined && c.req.header('if-range') === undefined;
  const options = ranged ? { onlyIf: conditions, range: c.req.raw.headers } : { onlyIf: conditions };
  const object = await c.env.BUCKET.get(c.req.param('key'), options);
  if (object === null) return c.notFound();
  const headers = headersOf(object);
  // R2 returns no body if a condition is not met.
  if (!('body' in object)) return new Response(null, { status: unmet(conditions, object) ?? 412, headers });
  const { offset, length } = partOf(object);
  const partial = ranged && length < object.size;
  if (partial) headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${object.size}`);
  // Send a compressed object as it is stored.
  const encodeBody = headers.has('Content-Encoding') ? 'manual' : 'automatic';
  return new Response(object.body, { status: partial ? 206 : 200, headers, encodeBody });
}

/** R2 gives a range by offset and length, or by the length of the suffix. */
function partOf({ range = {}, size }) {
  if (range.suffix !== undefined) {
    const length = Math.min(range.suffix, size);
    return { offset: size - length, length };
  }
  const { offset = 0 } = range;
  return { offset, length: Math.min(range.length ?? size, size - offset) };
}

function headersOf(object) {
  const headers = new Headers({
    ETag: object.httpEtag,
    'Last-Modified': object.uploaded.toUTCString(),
    'Accept-Ranges': 'bytes',
  });
  object.writeHttpMetadata(headers);
  return headers;
}

export default app;
