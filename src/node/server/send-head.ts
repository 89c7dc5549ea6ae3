import type { ServerResponse } from 'node:http';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { rendersAsNode } from './check-head.ts';
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

/** Sends the head of a response. Throws as `writeHead` does if a name, a value or the status is not allowed. */
export function sendHead(outgoing: ServerResponse, status: number, headers: FlatHeaders): void {
  // Node does not modify the list.
  if (!isRendered || !renderHead(outgoing, status, headers)) outgoing.writeHead(status, headers as string[]);
}
