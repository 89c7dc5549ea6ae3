import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { CA } from './tls.ts';

/** Opens an HTTP/2 connection. Errors only close it. */
export async function h2(url: string): Promise<ClientHttp2Session> {
  // Allows a header twice (an option that Node's types lack), and more than 64 KB of headers.
  const options = { ca: CA, strictSingleValueFields: false, maxSendHeaderBlockLength: 1024 * 1024 };
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const session = connect(url, options);
    session.on('error', () => {});
    const opens = once(session, 'remoteSettings').then(() => true);
    const closes = once(session, 'close').then(() => false);
    closes.catch(() => {});
    // On a busy machine a handshake can be slower than the edge allows.
    if (await Promise.race([opens, closes]).catch(() => false)) return session;
  }
  throw new Error('no session opens');
}

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value. */
  readonly raw: readonly string[];
  readonly body: Buffer;
  /** False if the stream was reset before the end of the answer. */
  readonly complete: boolean;
}

/** Begins a request with these headers only. Its answer reports errors of the stream. */
export function beginH2(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  const stream = session.request(headers, { endStream: false });
  stream.on('error', () => {});
  return stream;
}

/** The answer on a stream, read to its end. Rejects if the stream ends without a head. */
export function answerOn(stream: ClientHttp2Stream): Promise<H2Answer> {
  return new Promise((resolve, reject) => {
    let head: { headers: IncomingHttpHeaders; raw: readonly string[] } | undefined;
    const chunks: Buffer[] = [];
    let complete = false;
    // The third argument is the list of headers as received; Node's types lack it.
    stream.on('response', (...args: unknown[]) => {
      head = { headers: args[0] as IncomingHttpHeaders, raw: args[2] as string[] };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      complete = stream.rstCode === constants.NGHTTP2_NO_ERROR;
    });
    stream.once('close', () => {
      if (head === undefined) return reject(new Error(`no answer, code ${stream.rstCode}`));
      const { headers, raw } = head;
      const whole = complete && stream.rstCode === constants.NGHTTP2_NO_ERROR;
      resolve({
        status: Number(headers[':status']),
        headers,
        raw,
        body: Buffer.concat(chunks),
        complete: whole,
      });
    });
  });
}

/** Sends one request, with a body if there is one, and reads its answer to the end. */
export async function callH2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: Buffer | string,
): Promise<H2Answer> {
  const stream = beginH2(session, headers);
  const answer = answerOn(stream);
  stream.end(body);
  return answer;
}
