import type { Exchange, FlatHeaders, Reply, Transport } from '../bucket/transport.ts';
import { clientHeaders, type OwnNames } from './headers.ts';
import { readBody } from './read-body.ts';
import { createTransport, encode, toResponse } from './transport.ts';

export interface ExchangeOptions {
  readonly names: OwnNames;
  readonly passCfHeaders: boolean;
  /** Report clients that leave. The platform creates `request.signal` on first access, which costs time. */
  readonly watched: boolean;
  readonly background: Exchange['background'];
}

export interface OpenExchange {
  readonly exchange: Exchange;
  /** The response for the platform, from the app's. */
  answer(given: Response): Response | Promise<Response>;
}

/** The app's response while the bucket's has not arrived: Hono would add two promises to one of its own. */
const ON_ITS_WAY = new Response(null);

/** Wraps one request of the platform into the exchange that the edge works on. */
export function openExchange(
  request: Request & CloudflareProperties,
  { names, passCfHeaders, watched, background }: ExchangeOptions,
): OpenExchange {
  const { method, url } = request;
  const { headers, received, cdnLoop, address, length } = clientHeaders(
    request.headers,
    names,
    passCfHeaders,
  );
  let answering: ReturnType<Transport> | null = null;
  let read = 0;
  const exchange: Exchange = {
    method,
    target: targetOf(url),
    headers,
    clientHeaders: () => withOwnCoding(headers, request),
    body: length === '0' ? null : request.body,
    peer: { address, secure: url.startsWith('https:') },
    protocol: () => request.cf?.httpProtocol ?? null,
    reply: (reply, end) => {
      const body = reply.body === '' || method === 'HEAD' ? null : encode(reply.body);
      const response =
        reply.alike !== undefined && body === null
          ? again(reply, reply.alike)
          : toResponse(reply.status, reply.headers, body);
      end({ received: read, sent: body?.length ?? 0, failure: null });
      return response;
    },
    read: async (limit) => {
      const content = await readBody(request.body, limit);
      if (typeof content !== 'string') read = content.length;
      return content;
    },
    background,
    transport: (to, asked, sink) => {
      const passed = cdnLoop === '' ? names.loop : `${cdnLoop}, ${names.loop}`;
      const send = createTransport({ client: request, received, watched, cdnLoop: passed });
      answering = send(to, asked, sink);
      return ON_ITS_WAY;
    },
  };
  return { exchange, answer: (given) => answering ?? given };
}

/**
 * Cloudflare replaces Accept-Encoding, which some SDKs sign, such as those for Go.
 * https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */
function withOwnCoding(headers: FlatHeaders, request: Request & CloudflareProperties): FlatHeaders {
  const own = request.cf?.clientAcceptEncoding;
  if (!own) return headers;
  return headers.map((text, at) => (at % 2 === 1 && headers[at - 1] === 'accept-encoding' ? own : text));
}

interface CloudflareProperties {
  readonly cf?: { readonly clientAcceptEncoding?: string; readonly httpProtocol?: string } | undefined;
}

/** Headers that were built for a reply, by its `alike`. */
const madeBefore = new WeakMap<object, { readonly status: number; readonly headers: Headers }>();

/** Reuses the headers of an earlier reply under another request id: workerd copies headers faster than it builds them. */
function again({ status, headers }: Reply, alike: object): Response {
  let init = madeBefore.get(alike);
  if (init === undefined) {
    init = { status, headers: toResponse(status, headers, null).headers };
    madeBefore.set(alike, init);
  }
  const [name = '', id = ''] = headers;
  init.headers.set(name, id);
  return new Response(null, init);
}

/** The target as the client wrote it, with `%5C` for a backslash in the path, which `fetch` reads as a slash. */
export function targetOf(url: string): string {
  const written = /^\w+:\/\/[^/?#*]*(.*)$/s.exec(url)?.[1] ?? url;
  const target = /^[/*]/.test(written) ? written : `/${written}`;
  if (!target.includes('\\')) return target;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.replaceAll('\\', '%5C') + (query < 0 ? '' : target.slice(query));
}
