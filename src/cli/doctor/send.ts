import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { causeOf } from '../../bucket/cause.ts';
import type { Received, Sent, Trouble } from '../../doctor/transcript.ts';
import { startLimit } from '../../rules/within.ts';
import { VERSION } from '../version.ts';

/** What came of a request. */
export interface Outcome {
  readonly received: Received | null;
  readonly trouble: Trouble | null;
  readonly peer: string | null;
}

/** Most bytes of a body that are read: an error of a store is shorter, and an object is not needed. */
const MAX_BODY = 64 * 1_024;
/** Most bytes of a head; browsers take 256 KB (Chromium) or more. */
const MAX_HEAD = 256 * 1_024;
/** Says who asks, for the logs of the server; some firewalls refuse a client without it. */
const USER_AGENT = `Mozilla/5.0 (compatible; bucket-cors-doctor/${VERSION})`;

/**
 * Sends one request on a connection of its own, and reads the head and the beginning of the body. Follows no redirect. Never
 * rejects, and ends within `limit` milliseconds.
 */
export function send({ method, url, headers }: Sent, limit: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  let peer: string | null = null;
  let hears = false;
  let isAnswered = false;
  const target = new URL(url);
  const open = target.protocol === 'https:' ? requestHttps : requestHttp;
  const request: ClientRequest = open(target, {
    method,
    agent: false,
    maxHeaderSize: MAX_HEAD,
    headers: { 'User-Agent': USER_AGENT, ...Object.fromEntries(headers), Connection: 'close' },
  });
  let stop = startLimit(limit, () => end({ received: null, trouble: late(limit, hears), peer }));
  const end = (outcome: Outcome) => {
    stop();
    resolve(outcome);
    request.destroy();
  };
  request.on('socket', (socket: Socket) => {
    socket.on('connect', () => {
      peer = socket.remoteAddress === undefined ? null : addressOf(socket.remoteAddress, socket.remotePort);
    });
    socket.once('data', () => {
      hears = true;
    });
  });
  request.on('response', (response) => {
    isAnswered = true;
    stop();
    // A body that never ends is no fault of its head.
    stop = startLimit(Math.min(limit, MAX_BODY_WAIT), () => response.destroy());
    void readBody(response).then((body) =>
      end({ received: receivedOf(response, body), trouble: null, peer }),
    );
  });
  request.on('error', (error) => {
    // After the head nothing counts that a browser would not count either, such as a body after HEAD.
    if (!isAnswered) end({ received: null, trouble: troubleOf(error), peer });
  });
  request.end();
  return promise;
}

const FIRST_ERROR = 400;
/** Milliseconds that the beginning of a body may take. */
const MAX_BODY_WAIT = 2_000;

const addressOf = (address: string, port: number | undefined): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** The beginning of the body of an error, as far as it comes. Other bodies are not needed. */
function readBody(response: IncomingMessage): Promise<Buffer> {
  if ((response.statusCode ?? 0) < FIRST_ERROR) return Promise.resolve(Buffer.alloc(0));
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  const end = () => resolve(Buffer.concat(chunks, size).subarray(0, MAX_BODY));
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY) end();
  });
  response.on('end', end).on('close', end).on('error', end);
  return promise;
}

function receivedOf(response: IncomingMessage, body: Buffer): Received {
  const { httpVersion, statusCode = 0, statusMessage = '', rawHeaders } = response;
  const headers = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
  );
  const isCoded = headers.some(([name]) => name.toLowerCase() === 'content-encoding');
  return {
    line: `HTTP/${httpVersion} ${statusCode} ${statusMessage}`.trim(),
    status: statusCode,
    headers,
    body: isCoded ? '' : body.toString('utf8'),
  };
}

const late = (limit: number, hears: boolean): Trouble => ({
  kind: 'late',
  because: hears
    ? `the head of the answer was not complete within ${limit / 1000} s`
    : `there was no answer within ${limit / 1000} s`,
});

/** OpenSSL's and Node's codes for certificates (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE =
  /CERT|^UNABLE_TO_|^SELF_SIGNED|^DEPTH_ZERO|^HOSTNAME_MISMATCH|^INVALID_CA|^CRL_|^PATH_LENGTH/;

function troubleOf(error: Error): Trouble {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const because = causeOf(error);
  if (/^(?:ENOTFOUND|EAI_)/.test(code))
    return { kind: 'name', because: `the name has no address: ${because}` };
  if (/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code))
    return { kind: 'refused', because: `there is no connection: ${because}` };
  if (CERTIFICATE.test(code))
    return { kind: 'certificate', because: `the certificate is refused: ${because}` };
  if (/^(?:ERR_SSL|EPROTO)/.test(code)) return { kind: 'certificate', because: `TLS fails: ${because}` };
  if (/^HPE_/.test(code))
    return { kind: 'malformed', because: `the head of the answer cannot be parsed: ${because}` };
  return { kind: 'closed', because: `the connection was closed before an answer: ${because}` };
}
