import type { ServerResponse } from 'node:http';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { http } from '../built-in.ts';
import { rendersAsNode } from './check-head.ts';
import { DirectResponse } from './direct/response.ts';
import { renderHead } from './render-head.ts';

let isRendered = false;
let checked: Promise<boolean> | undefined;

/**
 * Checks once, before the process listens, whether heads may be rendered (`renderHead`). If not, `sendHead` uses Node's
 * public way from then on.
 */
export function checkHeads(): Promise<boolean> {
  checked ??= rendersAsNode(renderHead).then((renders) => {
    isRendered = renders;
    return renders;
  });
  return checked;
}

/**
 * Sends the head of a response. Throws as `writeHead` does if a name, a value or the status is not allowed. `alike` as in
 * `Reply`.
 */
export function sendHead(
  outgoing: ServerResponse,
  status: number,
  headers: FlatHeaders,
  alike?: object,
): void {
  if (outgoing instanceof DirectResponse) outgoing.writeHead(status, headers, alike);
  // Node does not modify the list.
  else if (!isRendered || !renderHead(outgoing, status, headers, alike))
    outgoing.writeHead(status, headers as string[]);
}

/** Most bytes that `endWith` joins to the head. */
const JOINED = 8 * 1024;

/**
 * Ends a response whose body is one piece. Node joins a head only to a text, and would pass it and a buffer to the system
 * as two parts, which costs more than to copy a small body.
 */
export function endWith(outgoing: ServerResponse, bytes: Buffer): void {
  const joins = outgoing instanceof DirectResponse || (isRendered && outgoing instanceof http.ServerResponse);
  if (joins && bytes.length <= JOINED) outgoing.end(bytes.toString('latin1'), 'latin1');
  else outgoing.end(bytes);
}
