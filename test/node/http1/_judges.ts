import { request } from 'node:http';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import { Client } from 'undici';
import type { Verdict } from './_read.ts';

/** What another client takes bytes for, and why it refuses them. */
export interface Judgement extends Verdict {
  readonly persists: boolean;
  /** '' without one. */
  readonly refusal: string;
}

interface Parser {
  [callback: number]: (...values: never[]) => unknown;
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer, start: number, length: number): number | Error;
  finish(): undefined | Error;
  close(): void;
}
interface ParserKind {
  new (): Parser;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { readonly HTTPParser: ParserKind };
const MAX_HEAD = 65_536;

/** What Node's own parser takes bytes for, used as `node:http` does: twenty times as fast as a request. */
export function judgeOfNode(bytes: Buffer, method: string): Judgement {
  const seen = {
    isComplete: false,
    status: 0,
    headers: [] as string[],
    body: '',
    persists: false,
    refusal: '',
  };
  let lines: string[] = [];
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.RESPONSE, {}, MAX_HEAD, 0);
  parser[HTTPParser.kOnHeaders] = (some: string[]) => {
    lines.push(...some);
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    some: string[] | undefined,
    _method: unknown,
    _url: unknown,
    status: number,
    _reason: unknown,
    _upgrade: boolean,
    persists: boolean,
  ) => {
    // Trailers come through `kOnHeaders` later, and change nothing here.
    if (status >= 200 && !seen.isComplete) Object.assign(seen, { status, headers: some ?? lines, persists });
    lines = [];
    return method === 'HEAD' || status < 200 ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    if (!seen.isComplete) seen.body += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (seen.status > 0) seen.isComplete = true;
  };
  const result = parser.execute(bytes, 0, bytes.length);
  const last = result instanceof Error ? result : parser.finish();
  parser.close();
  if (last instanceof Error && !seen.isComplete) seen.refusal = last.message;
  return seen;
}

/** A connection whose other side sends these bytes after the request, and then ends. */
class Wire extends Duplex {
  readonly #bytes: Buffer;
  #isAsked = false;

  constructor(bytes: Buffer) {
    super();
    this.#bytes = bytes;
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.push(this.#bytes);
      this.push(null);
    });
  }
}

/** What `http.request` takes bytes for. */
export function requestOfNode(bytes: Buffer, method: string): Promise<Verdict> {
  return new Promise((resolve) => {
    const seen = { isComplete: false, status: 0, headers: [] as string[], body: '' };
    const settle = (): void => resolve(seen);
    const sent = request({
      method,
      host: 'bucket.test',
      createConnection: () => new Wire(bytes),
      maxHeaderSize: MAX_HEAD,
    });
    sent.on('response', (answer) => {
      Object.assign(seen, { status: answer.statusCode, headers: answer.rawHeaders });
      answer.on('data', (chunk: Buffer) => {
        seen.body += chunk.toString('latin1');
      });
      answer.on('end', () => {
        seen.isComplete = answer.complete;
      });
      answer.on('error', () => {});
      answer.on('close', settle);
    });
    sent.on('error', settle);
    sent.end();
  });
}

/** What undici takes bytes for. */
async function verdictOfUndici(bytes: Buffer, method: string): Promise<Judgement> {
  const client = new Client('http://bucket.test', {
    maxHeaderSize: MAX_HEAD,
    headersTimeout: 0,
    bodyTimeout: 0,
    // undici does not expect a connection at once.
    connect: (_options, done) => queueMicrotask(() => done(null, new Wire(bytes) as never)),
  });
  const seen = {
    isComplete: false,
    status: 0,
    headers: [] as string[],
    body: '',
    persists: false,
    refusal: '',
  };
  await new Promise<void>((resolve) => {
    client.dispatch(
      { path: '/', method: method as 'GET' },
      {
        onRequestStart() {},
        onResponseStart({ rawHeaders }, status) {
          if (status < 200) return;
          const lines = Array.isArray(rawHeaders) ? rawHeaders.map((item) => item.toString('latin1')) : [];
          // undici passes on the blanks after a value.
          Object.assign(seen, { status, headers: lines.map((item) => item.replace(/[\t ]+$/, '')) });
        },
        onResponseData(_controller, chunk) {
          seen.body += chunk.toString('latin1');
        },
        onResponseEnd() {
          seen.isComplete = true;
          resolve();
        },
        onResponseError(_controller, error) {
          seen.refusal = error.message || error.name;
          resolve();
        },
      },
    );
  });
  void client.destroy();
  return seen;
}

export const meaningOf = ({ isComplete, status, headers, body }: Verdict): Verdict =>
  isComplete ? { isComplete, status, headers, body } : { isComplete, status: 0, headers: [], body: '' };

/** What undici takes bytes for. */
export const judgeOfUndici = (bytes: Buffer, method: string): Promise<Judgement> =>
  verdictOfUndici(bytes, method);
