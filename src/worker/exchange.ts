import type { Exchange } from '../bucket/transport.ts';
import { clientHeaders, loopEntry } from './headers.ts';
import { bytesOf, createTransport, toResponse } from './transport.ts';

export interface ExchangeOptions {
  readonly edgeId: string;
  readonly passCfHeaders: boolean;
  readonly background: Exchange['background'];
}

/** Wraps one request of the platform's into the seam that the edge works on. */
export function openExchange(
  request: Request,
  { edgeId, passCfHeaders, background }: ExchangeOptions,
): Exchange {
  const { headers, cdnLoop, address } = clientHeaders(request.headers, edgeId, passCfHeaders);
  const own = loopEntry(edgeId);
  return {
    method: request.method,
    target: targetOf(request.url),
    headers,
    body: request.headers.get('content-length') === '0' ? null : request.body,
    peer: { address, secure: request.url.startsWith('https:') },
    reply: (reply, end) => {
      const body = request.method === 'HEAD' ? '' : reply.body;
      const response = toResponse(reply.status, reply.headers, body === '' ? null : body);
      end({ received: 0, sent: bytesOf(body), failure: null });
      return response;
    },
    background,
    transport: createTransport({ request, cdnLoop: cdnLoop === '' ? own : `${cdnLoop}, ${own}` }),
  };
}

/**
 * The target as the client wrote it, but for two characters that `fetch` would take for others: a backslash for a slash,
 * and a `#` for the end.
 */
export function targetOf(url: string): string {
  const written = /^\w+:\/\/[^/?#*]*(.*)$/s.exec(url)?.[1] ?? url;
  const target = /^[/*]/.test(written) ? written : `/${written}`;
  if (!/[#\\]/.test(target)) return target;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return (path.replaceAll('\\', '%5C') + (query < 0 ? '' : target.slice(query))).replaceAll('#', '%23');
}
