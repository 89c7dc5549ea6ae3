import { without } from '../bucket/sign/canonical.ts';
import type { FlatHeaders } from '../bucket/transport.ts';
import type { ClientRequest } from '../bucket/verify/verify.ts';
import type { Routed } from './context.ts';
import { originForm, rooted } from './route.ts';

/** The request as the client signed it, for the host that has routed it. */
export const clientRequest = (request: Routed): ClientRequest => {
  const { bucket, exchange, target, key, head } = request;
  return {
    method: exchange.method,
    target: originForm(exchange.method, exchange.target, head.host)?.target ?? target,
    // With `keepPrefix` the prefix is a part of the object's key.
    key: bucket.keepPrefix ? rooted(target.slice(bucket.address.path.length)) : key,
    headers: signedHeaders(request),
  };
};

/**
 * The headers that a client's signature covers. The host of an absolute-form target replaces the Host header (RFC 9112
 * §3.2.2): a signature for the host in the header would otherwise be valid for the bucket of the host in the target.
 */
function signedHeaders({ exchange, head }: Routed): FlatHeaders {
  const headers = exchange.clientHeaders?.() ?? exchange.headers;
  return exchange.target.startsWith('/') ? headers : ['Host', head.host, ...without(headers, ['host'])];
}
