import type { FindingCode } from '../../src/doctor/kinds.ts';
import {
  APP,
  type Ask,
  bare,
  changed,
  type Examining,
  isAllowed,
  plus,
  type Reply,
  right,
  type Server,
  withHeader,
  without,
} from './_server.ts';

/** A server that is wrong in one way, and the finding about it. */
export interface Wrong extends Examining {
  readonly name: string;
  /** Called for each examination: a server may have a state. */
  readonly server: () => Server;
  readonly code: FindingCode;
}

const PUT = { method: 'PUT', headers: ['content-type'] };
const COOKIES = { credentials: true };
const ALLOW = 'Access-Control-Allow-Origin';
const CREDENTIALS = 'Access-Control-Allow-Credentials';

const row = (
  code: FindingCode,
  name: string,
  change: (reply: Reply, ask: Ask) => Reply,
  examining: Examining = {},
): Wrong => ({ name, server: () => changed(change), code, ...examining });

const onPreflight = (
  code: FindingCode,
  name: string,
  change: (reply: Reply, ask: Ask) => Reply,
  question: Examining['question'] = PUT,
): Wrong =>
  row(
    code,
    name,
    (reply, ask) => (ask.method === 'OPTIONS' && isAllowed(reply) ? change(reply, ask) : reply),
    {
      question,
    },
  );

const allowing = (value: string) => (reply: Reply) =>
  isAllowed(reply) ? withHeader(reply, ALLOW, value) : reply;

/** A shared cache in front of a server, with a key of its own. */
export function cached(
  server: Server,
  keyOf: (ask: Ask) => string | null,
  hit: readonly [string, string] = ['X-Cache', 'HIT'],
): Server {
  const stored = new Map<string, Reply>();
  return (ask) => {
    const key = keyOf(ask);
    const found = key === null ? undefined : stored.get(key);
    if (found !== undefined) return plus(found, ...hit);
    const reply = server(ask);
    if (key !== null) stored.set(key, reply);
    return plus(reply, 'X-Cache', 'MISS');
  };
}

const isWhole = ({ method, header }: Ask): boolean =>
  method === 'GET' && header('range') === null && header('if-none-match') === null;

const byUrl = (ask: Ask): string | null => (isWhole(ask) ? ask.target : null);
const byPath = (ask: Ask): string | null => (isWhole(ask) ? ask.path : null);

/** Every answer of the changed server has this status. */
const refuse =
  (status: number, headers: Reply['headers'] = [], body = '') =>
  (): Reply => ({ status, headers, body });

export const WRONG: readonly Wrong[] = [
  row('no_allow_origin', 'no CORS at all', bare),
  row('no_allow_origin', 'no Allow-Origin, but the other headers', (reply) =>
    without(reply, ALLOW.toLowerCase()),
  ),
  row('no_allow_origin', '403 without CORS', (reply, { method }) =>
    method === 'OPTIONS'
      ? reply
      : {
          ...without(bare(reply), 'content-length'),
          status: 403,
          body: '<Error><Code>AccessDenied</Code></Error>',
        },
  ),
  row(
    'no_allow_origin',
    'HEAD without CORS where the page asks HEAD',
    (reply, { method }) => (method === 'HEAD' ? bare(reply) : reply),
    { question: { method: 'HEAD' } },
  ),
  row('other_allow_origin', 'a slash at the end', allowing(`${APP}/`)),
  row('other_allow_origin', 'capitals', allowing('https://App.Example.com')),
  row('other_allow_origin', 'a pattern', allowing('https://*.example.com')),
  row('other_allow_origin', 'no scheme', allowing('app.example.com')),
  row('other_allow_origin', 'http for https', allowing('http://app.example.com')),
  row('other_allow_origin', 'a fixed origin on every answer', (reply) =>
    withHeader(without(reply, 'vary'), ALLOW, 'https://www.example.com'),
  ),
  row('other_allow_origin', 'null', allowing('null')),
  row('several_allow_origins', 'two lines', (reply) => (isAllowed(reply) ? plus(reply, ALLOW, '*') : reply)),
  row('several_allow_origins', 'the same line twice', (reply) =>
    isAllowed(reply) ? plus(reply, ALLOW, APP) : reply,
  ),
  row('several_allow_origins', 'a list in one line', allowing(`${APP}, https://www.example.com`)),
  row(
    'wildcard_with_credentials',
    '* for a page that sends cookies',
    (reply) => without(withHeader(reply, ALLOW, '*'), CREDENTIALS.toLowerCase()),
    { question: COOKIES },
  ),
  row('no_allow_credentials', 'no Allow-Credentials', (reply) => without(reply, CREDENTIALS.toLowerCase()), {
    question: COOKIES,
  }),
  row(
    'no_allow_credentials',
    'True',
    (reply) => (isAllowed(reply) ? withHeader(reply, CREDENTIALS, 'True') : reply),
    { question: COOKIES },
  ),
  row(
    'no_allow_credentials',
    'true twice',
    (reply) => (isAllowed(reply) ? plus(reply, CREDENTIALS, 'true') : reply),
    { question: COOKIES },
  ),
  row('error_status', 'the object is missing', (reply, { method }) =>
    method === 'OPTIONS' || reply.status === 403
      ? reply
      : {
          ...without(reply, 'etag', 'content-length', 'accept-ranges', 'content-range'),
          status: 404,
          body: '<Error><Code>NoSuchKey</Code></Error>',
        },
  ),

  onPreflight(
    'preflight_redirect',
    'http to https',
    refuse(301, [['Location', 'https://files.example.com/photo.jpg?sig=1']]),
  ),
  onPreflight('preflight_redirect', '307 to the region of the bucket', (reply) => ({
    ...reply,
    status: 307,
    headers: [...reply.headers, ['Location', 'https://b.s3.eu-west-1.amazonaws.com/photo.jpg']],
  })),
  onPreflight(
    'preflight_refused',
    '401: a login is asked for first',
    refuse(401, [['WWW-Authenticate', 'Basic realm="files"']]),
  ),
  onPreflight('preflight_refused', '403 of a firewall', refuse(403, [], 'Forbidden')),
  onPreflight(
    'preflight_refused_by_rules',
    '403 of the store: no rules',
    refuse(
      403,
      [],
      '<Error><Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message></Error>',
    ),
  ),
  onPreflight(
    'preflight_refused_by_rules',
    '403 of the store: no rule fits',
    refuse(
      403,
      [],
      '<Error><Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.</Message></Error>',
    ),
  ),
  onPreflight(
    'preflight_refused_by_rules',
    '400 of the store: no rule can list the method',
    refuse(
      400,
      [],
      '<Error><Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: PATCH</Message></Error>',
    ),
  ),
  onPreflight('preflight_refused', '404', refuse(404)),
  onPreflight('preflight_refused', '405', refuse(405, [['Allow', 'GET, HEAD']])),
  onPreflight('preflight_refused', '503 with the right headers', (reply) => ({ ...reply, status: 503 })),
  onPreflight('preflight_no_allow_origin', '204 without CORS', (reply) => ({ ...bare(reply), status: 204 })),
  onPreflight('preflight_other_allow_origin', 'another origin', allowing('https://www.example.com')),
  onPreflight('preflight_several_allow_origins', 'two lines', (reply) => plus(reply, ALLOW, '*')),
  onPreflight(
    'preflight_wildcard_with_credentials',
    '*',
    (reply) => without(withHeader(reply, ALLOW, '*'), CREDENTIALS.toLowerCase()),
    { ...PUT, ...COOKIES },
  ),
  onPreflight(
    'preflight_no_allow_credentials',
    'no Allow-Credentials',
    (reply) => without(reply, CREDENTIALS.toLowerCase()),
    { ...PUT, ...COOKIES },
  ),
  onPreflight('preflight_method', 'no PUT', (reply) =>
    withHeader(reply, 'Access-Control-Allow-Methods', 'GET, HEAD'),
  ),
  onPreflight('preflight_method', 'no list of methods', (reply) =>
    without(reply, 'access-control-allow-methods'),
  ),
  onPreflight('preflight_method', 'put in lower case', (reply) =>
    withHeader(reply, 'Access-Control-Allow-Methods', 'get, put'),
  ),
  onPreflight(
    'preflight_method',
    '* with cookies',
    (reply) => withHeader(reply, 'Access-Control-Allow-Methods', '*'),
    { ...PUT, ...COOKIES },
  ),
  onPreflight('preflight_header', 'no list of headers', (reply) =>
    without(reply, 'access-control-allow-headers'),
  ),
  onPreflight('preflight_header', 'another name', (reply) =>
    withHeader(reply, 'Access-Control-Allow-Headers', 'x-other'),
  ),
  onPreflight(
    'preflight_wildcard_header',
    '* for Authorization',
    (reply) => withHeader(reply, 'Access-Control-Allow-Headers', '*'),
    { method: 'GET', headers: ['authorization'] },
  ),
  onPreflight(
    'preflight_wildcard_header',
    '* with cookies',
    (reply) => withHeader(reply, 'Access-Control-Allow-Headers', '*'),
    { ...PUT, ...COOKIES },
  ),
  onPreflight('preflight_invalid_list', 'methods in brackets', (reply) =>
    withHeader(reply, 'Access-Control-Allow-Methods', '[GET, PUT]'),
  ),
  onPreflight('max_age_invalid', 'with a unit', (reply) =>
    withHeader(reply, 'Access-Control-Max-Age', '10m'),
  ),
  onPreflight('max_age_invalid', 'twice', (reply) => plus(reply, 'Access-Control-Max-Age', '600')),
  onPreflight('etag_hidden', 'an upload without ETag', (reply) =>
    withHeader(reply, 'Access-Control-Expose-Headers', 'x-oss-request-id'),
  ),
  {
    ...onPreflight('etag_hidden', 'an upload to a store that exposes nothing', (reply) =>
      without(reply, 'access-control-expose-headers'),
    ),
    server: () =>
      changed((reply, ask) =>
        plus(
          ask.method === 'OPTIONS' ? without(reply, 'access-control-expose-headers') : reply,
          'x-oss-request-id',
          '5F',
        ),
      ),
  },

  { code: 'poisoned', name: 'a cache that ignores Vary', server: () => cached(right, byUrl) },
  {
    code: 'poisoned',
    name: 'a cache, and no Vary without Origin',
    server: () =>
      cached(
        changed((reply, { origin }) => (origin === null ? without(reply, 'vary') : reply)),
        byUrl,
      ),
  },
  {
    code: 'cached_for_another_origin',
    name: 'a cache that ignores Vary, and the query',
    server: () => cached(right, byPath),
  },
  {
    code: 'cached_for_another_origin',
    name: 'a cache with a key that says only whether there is an Origin',
    server: () => cached(right, (ask) => (isWhole(ask) ? `${ask.target} ${ask.origin !== null}` : null)),
  },
  {
    code: 'old_copy',
    name: 'a copy from before the rules, by URL',
    server: () => olderCopy((ask) => ask.target === '/photo.jpg'),
  },
  {
    code: 'old_copy',
    name: 'a copy from before the rules, by path',
    server: () => olderCopy((ask) => ask.path === '/photo.jpg'),
  },
  row('vary_missing', 'no Vary without Origin, as S3', (reply, { origin }) =>
    origin === null ? without(reply, 'vary') : reply,
  ),
  row('vary_missing', 'no Vary at all, as OSS without ResponseVary', (reply) => without(reply, 'vary')),
  row('vary_missing', 'no Vary where the origin is refused', (reply, { origin }) =>
    origin === APP ? reply : without(reply, 'vary'),
  ),
  {
    code: 'unsteady',
    name: 'one of two servers has no rules',
    server: () => alternating((ask) => ask.method === 'GET' && ask.target === '/photo.jpg'),
  },
  {
    code: 'unsteady',
    name: 'one of two servers refuses preflights',
    server: () => alternating((ask) => ask.method === 'OPTIONS'),
    question: PUT,
  },
  {
    code: 'preflight_cached',
    name: 'a cache of OPTIONS',
    server: () => cached(right, (ask) => (ask.method === 'OPTIONS' ? ask.target : null)),
    question: PUT,
  },

  row('not_on_errors', '404 without CORS', (reply) => (reply.status === 404 ? bare(reply) : reply)),
  row('not_on_errors', '403 without CORS', (reply) => (reply.status === 403 ? bare(reply) : reply)),
  row('not_on_unchanged', '304 without CORS', (reply) => (reply.status === 304 ? bare(reply) : reply)),
  row('not_on_unchanged', '304 with another origin', (reply) =>
    reply.status === 304 ? allowing('https://www.example.com')(reply) : reply,
  ),
  row('head_differs', 'HEAD without CORS', (reply, { method }) => (method === 'HEAD' ? bare(reply) : reply)),
  row('range_unreadable', '206 without CORS', (reply) => (reply.status === 206 ? bare(reply) : reply)),
  {
    code: 'range_ignored',
    name: '200 for a range',
    server: () => (ask) => right({ ...ask, header: (name) => (name === 'range' ? null : ask.header(name)) }),
  },
  row('compression_breaks_range', '206 of a compressed copy', (reply, ask) =>
    reply.status === 206 && ask.header('accept-encoding') !== 'identity'
      ? plus(reply, 'Content-Encoding', 'gzip')
      : reply,
  ),
  {
    code: 'compression_breaks_range',
    name: 'the whole object, compressed',
    server: () => (ask) =>
      ask.header('range') !== null && ask.header('accept-encoding') !== 'identity'
        ? plus(without(right({ ...ask, header: () => null }), 'content-length'), 'Content-Encoding', 'gzip')
        : right(ask),
  },
  row('redirect_blocked', 'a redirect without CORS', (reply, ask) =>
    isWhole(ask) || ask.method === 'HEAD'
      ? {
          ...bare(reply),
          status: 302,
          headers: [
            ['Location', 'https://cdn.example.net/photo.jpg'],
            ['Vary', 'Origin'],
          ],
        }
      : reply,
  ),
  row('redirected', 'a redirect with CORS', (reply, ask) =>
    isWhole(ask) ? plus({ ...reply, status: 302 }, 'Location', 'https://cdn.example.net/photo.jpg') : reply,
  ),
  row('any_origin_reflected', 'every origin is repeated', (_, ask) => reflected(ask)),
  row('any_origin_with_credentials', 'every origin is repeated, with credentials', (_, ask) => {
    const reply = reflected(ask);
    return ask.origin === null ? reply : plus(reply, CREDENTIALS, 'true');
  }),
  row('contradictory_credentials', '* with credentials', (_, ask) =>
    plus(wildcard(ask), CREDENTIALS, 'true'),
  ),
  row('headers_hidden', 'no Expose-Headers', (reply) => without(reply, 'access-control-expose-headers')),
  row('headers_hidden', 'no Content-Range', (reply) =>
    isAllowed(reply) ? withHeader(reply, 'Access-Control-Expose-Headers', 'ETag, Accept-Ranges') : reply,
  ),
  row(
    'expose_wildcard_with_credentials',
    '* for a page that sends cookies',
    (reply) =>
      without(
        isAllowed(reply) ? withHeader(reply, 'Access-Control-Expose-Headers', '*') : reply,
        'etag',
        'accept-ranges',
        'content-range',
      ),
    { question: COOKIES },
  ),
];

/** Answers as for APP, whatever the Origin is; the header names it. */
function reflected(ask: Ask): Reply {
  if (ask.origin === null) return right(ask);
  const reply = without(right({ ...ask, origin: APP }), CREDENTIALS.toLowerCase());
  return withHeader(reply, ALLOW, ask.origin);
}

/** Answers that every origin may read, on every answer. */
export const wildcard: Server = (ask) => {
  const reply = right({ ...ask, origin: APP });
  return withHeader(without(reply, CREDENTIALS.toLowerCase(), 'vary'), ALLOW, '*');
};

/** A cache that has stored an answer without CORS headers for what `isStored` says. */
function olderCopy(isStored: (ask: Ask) => boolean): Server {
  return (ask) => {
    const reply = right(ask);
    return isWhole(ask) && isStored(ask) ? plus(bare(reply), 'Age', '86000') : reply;
  };
}

/** Two servers in turn for some requests; the second has no rules. */
function alternating(isShared: (ask: Ask) => boolean): Server {
  let count = 0;
  return (ask) => {
    const reply = right(ask);
    if (!isShared(ask) || !isAllowed(reply) || !(isWhole(ask) || ask.method === 'OPTIONS')) return reply;
    count += 1;
    return count % 2 === 1 ? reply : ask.method === 'OPTIONS' ? { status: 403, headers: [] } : bare(reply);
  };
}
