import { parseHead, type RequestHead } from '../../../bucket/head.ts';
import type { Connection } from '../abort.ts';
import type { PlainRequest } from './read-request.ts';

/** A request that the edge has read itself, with the fields of Node's `IncomingMessage` that the edge uses. */
export class DirectRequest {
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  /** It has no body: there is nothing to read. */
  readonly complete = true;
  readonly destroyed = true;
  readonly readableEnded = true;
  readonly readableLength = 0;
  readonly errored = null;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly head: RequestHead;
  readonly socket: Connection;

  constructor({ method, target, headers }: PlainRequest, socket: Connection) {
    this.method = method;
    this.url = target;
    this.rawHeaders = headers;
    this.head = parseHead(method, headers);
    this.socket = socket;
  }
}
