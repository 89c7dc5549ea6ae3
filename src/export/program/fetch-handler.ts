import { literal } from './literal.ts';

/**
 * The module around `programOf` for runtimes with fetch: Cloudflare's Snippets and Workers, ESA's functions. It answers
 * preflights itself, and sends other requests on: to the bucket, or where the request goes anyway if `bucketUrl` is null.
 * `init` is the second argument of fetch, as text, for runtimes that need one.
 */
export const fetchHandlerText = (bucketUrl: string | null, init: string | null = null): string => `
export default {
  async fetch(request) {
    const headers = new Headers(request.headers);
    const [origin, requestMethod, requestHeaders] = CORS_HEADERS.map((name) => headers.get(name));
    const answer = cors(request.method, origin, requestMethod, requestHeaders);
    if (answer.status !== null) return reply(answer.status, answer, answer.body);
    // One copy for all origins: the bucket does not get them.
    for (const name of CORS_HEADERS) headers.delete(name);
    try {
      const sent = new Request(request, { headers, redirect: "manual" });
      const response = await fetch(${bucketUrl === null ? 'sent' : 'toBucket(sent)'}${init === null ? '' : `, ${init}`});
      return withCors(response, answer);
    } catch {
      // The bucket is down, or a Response may not have its status, such as 101 or 600.
      return reply(502, answer, FAILED);
    }
  },
};

const CORS_HEADERS = ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'];
const FAILED = '<Error><Code>BadGateway</Code><Message>The bucket did not answer.</Message></Error>\\n';
${bucketUrl === null ? '' : toBucketText(bucketUrl)}
// The response with these CORS headers in place of its own. Its body passes unread.
function withCors(response, answer) {
  const body = [204, 205, 304].includes(response.status) ? null : response.body;
  const edited = new Response(body, response);
  for (const name of [...edited.headers.keys()])
    if (name.toLowerCase().startsWith('access-control-')) edited.headers.delete(name);
  for (const [name, value] of answer.headers) edited.headers.set(name, value);
  const vary = mergedVary(edited.headers.get('Vary') || '', answer.vary);
  if (vary === '') edited.headers.delete('Vary');
  else edited.headers.set('Vary', vary);
  return edited;
}

// An answer without the bucket.
function reply(status, answer, body) {
  const headers = new Headers(answer.headers);
  const vary = mergedVary('', answer.vary);
  if (vary !== '') headers.set('Vary', vary);
  if (body !== '') headers.set('Content-Type', 'application/xml');
  return new Response(body === '' ? null : body, { status, headers });
}
`;

const toBucketText = (bucketUrl: string): string => `
const BUCKET = ${literal(bucketUrl)};

function toBucket(request) {
  const { pathname, search } = new URL(request.url);
  return new Request(BUCKET + pathname + search, request);
}
`;
