// An R2 bucket served by a Hono app of one's own; see wrangler.toml beside it.
import { bucketCors } from 'bucket-cors';
import { Hono } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
// The form that `wrangler r2 bucket cors set my-bucket --file cors.json` takes.
import rules from './cors.json';

const app = new Hono();

// First of all, so that nothing after it, not even an error, goes out without the right headers.
app.use(bucketCors({ rules: JSON.stringify(rules), store: 's3' }));

app.use('/:key{.+}', (c, next) => (isAskable(c) ? next() : c.text('Bad Request', 400)));

app.get('/:key{.+}', (c) => (c.req.method === 'HEAD' ? describe(c) : send(c)));

app.put(
  '/:key{.+}',
  (c, next) => bearerAuth({ token: c.env.UPLOAD_TOKEN })(c, next),
  async (c) => {
    // R2 takes nothing whose length it does not know.
    if (c.req.header('content-length') === undefined) return c.body(null, 411);
    const put = await c.env.BUCKET.put(c.req.param('key'), c.req.raw.body ?? '', {
      httpMetadata: c.req.raw.headers,
      onlyIf: conditionsOf(c),
    });
    return put === null ? c.body(null, 412) : c.body(null, 200, { ETag: put.httpEtag });
  },
);

const KEY_BYTES_MOST = 1024;
const TAGS = /^(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)$/;
const TAG_CONDITIONS = ['if-match', 'if-none-match'];
const DATE_CONDITIONS = ['if-modified-since', 'if-unmodified-since'];

/** What R2 would throw at: a key that is too long, a list of tags that is none. */
const isAskable = (c) =>
  new TextEncoder().encode(c.req.param('key')).length <= KEY_BYTES_MOST &&
  TAG_CONDITIONS.every((name) => TAGS.test(c.req.header(name) ?? '*'));

/** The conditions that count: tags before dates, and no date that is none (RFC 9110, 13.1 and 13.2.2). */
function conditionsOf(c) {
  const counting = new Headers();
  for (const name of [...TAG_CONDITIONS, ...DATE_CONDITIONS]) {
    const value = c.req.header(name);
    if (value !== undefined) counting.set(name, value);
  }
  if (counting.has('if-match')) counting.delete('if-unmodified-since');
  if (counting.has('if-none-match')) counting.delete('if-modified-since');
  for (const name of DATE_CONDITIONS) {
    if (Number.isNaN(Date.parse(counting.get(name) ?? ''))) counting.delete(name);
  }
  return counting;
}

/** The status for whoever's conditions this object does not meet: 412 or 304; null where it meets them. */
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
  // R2 does not know If-Range; whoever sends it takes the whole object too.
  const ranged = c.req.header('range') !== undefined && c.req.header('if-range') === undefined;
  const options = ranged ? { onlyIf: conditions, range: c.req.raw.headers } : { onlyIf: conditions };
  const object = await c.env.BUCKET.get(c.req.param('key'), options);
  if (object === null) return c.notFound();
  const headers = headersOf(object);
  // Without a body a condition was not met.
  if (!('body' in object)) return new Response(null, { status: unmet(conditions, object) ?? 412, headers });
  const { offset, length } = partOf(object);
  const partial = ranged && length < object.size;
  if (partial) headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${object.size}`);
  // What was stored compressed is sent as it is stored.
  const encodeBody = headers.has('Content-Encoding') ? 'manual' : 'automatic';
  return new Response(object.body, { status: partial ? 206 : 200, headers, encodeBody });
}

/** R2 tells a part by its offset and length, or by the length of its end. */
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
