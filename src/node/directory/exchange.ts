import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verified } from '../../bucket/verify/verify.ts';
import type { Protocol } from './protocol.ts';
import { asRefusal, errorXml, refusal } from './refusal.ts';

/** A request and the response to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly protocol: Protocol;
  /** What its signature says; null: no signature was checked. */
  readonly signed: Verified | null;
}

const NO_SNIFF = 'X-Content-Type-Options';

/** Sets the headers of every response: the store's request id (24 upper-case hexadecimal digits) and nosniff. */
export function identify({ response, protocol }: Exchange): void {
  response.setHeader(protocol.requestId, randomBytes(12).toString('hex').toUpperCase());
  response.setHeader(NO_SNIFF, 'nosniff');
}

/** Answers without a body. */
export function answerEmpty({ response }: Exchange, status: 200 | 204): void {
  response.statusCode = status;
  if (status === 200) response.setHeader('Content-Length', 0);
  response.end();
}

/** Sets the ETag for an upper-case digest. */
export const setETag = ({ response, protocol }: Exchange, digest: string) =>
  response.setHeader('ETag', protocol.etag(digest));

/** The URL of an object as its client reaches it; `prefix`: what an edge in front removes from targets. */
export function urlOf({ request }: Exchange, prefix: string, key: string): string {
  const scheme = request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  const path = key.split('/').map(encodeURIComponent).join('/');
  return `${scheme}://${request.headers.host ?? 'localhost'}${prefix}/${path}`;
}

/** Answers with an XML document. */
export function answerXml({ response }: Exchange, status: number, xml: string | Buffer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/xml');
  response.setHeader('Content-Length', Buffer.byteLength(xml));
  response.end(xml);
}

/** Answers with the refusal for `error`; if the head of a response has been sent, closes the connection instead. */
export function answerRefusal(exchange: Exchange, error: unknown): void {
  const { request, response, protocol } = exchange;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) {
    if (name !== protocol.requestId && name !== NO_SNIFF.toLowerCase()) response.removeHeader(name);
  }
  // The client may read no answer before it has sent its body, and the connection serves its next request.
  request.resume();
  const refused = asRefusal(error);
  for (const [name, value] of Object.entries(refused.headers)) response.setHeader(name, value);
  const requestId = String(response.getHeader(protocol.requestId));
  answerXml(exchange, refused.status, errorXml(refused, requestId, request.headers.host ?? ''));
}

export const methodNotAllowed = (allow: string) => refusal('MethodNotAllowed', undefined, { Allow: allow });

/**
 * The request's body in chunks, with back-pressure. A consumer that stops early leaves the connection open, so that a
 * refusal can still be sent; Node drains the rest. Throws if the client disconnects before the end of the body.
 */
export const bodyOf = (request: IncomingMessage): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false });
