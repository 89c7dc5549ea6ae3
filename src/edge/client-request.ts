import type { Exchange, FlatHeaders } from '../bucket/transport.ts';
import type { ClientRequest } from '../bucket/verify/verify.ts';
import type { Routed } from './context.ts';
import { originForm, rooted } from './route.ts';

/** The request as the client signed it. */
export const clientRequest = ({ bucket, exchange, target, key, head }: Routed): ClientRequest => ({
  method: exchange.method,
  target: originForm(exchange.method, exchange.target, head.host)?.target ?? target,
  // With `keepPrefix` the prefix is a part of the object's key.
  key: bucket.keepPrefix ? rooted(target.slice(bucket.address.path.length)) : key,
  headers: signedHeaders(exchange),
});

/** The headers that a client's signature covers. */
export const signedHeaders = ({ clientHeaders, headers }: Exchange): FlatHeaders =>
  clientHeaders?.() ?? headers;
