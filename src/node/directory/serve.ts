import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { finished } from 'node:stream';
import send from 'send';
import type { Digests } from './digest.ts';
import { type Exchange, setETag } from './exchange.ts';
import { openObject, type Place } from './place.ts';
import { rangeToApply } from './range.ts';
import { type Refusal, refusal } from './refusal.ts';

function sendRefusal(status: number, size: number): Refusal {
  if (status === 412) return refusal('PreconditionFailed');
  if (status === 416) return refusal('InvalidRange', undefined, { 'Content-Range': `bytes */${size}` });
  return refusal('InternalError');
}

/** Removes the request headers that `send` must not apply. */
function adjustHeaders({ request, protocol }: Exchange, size: number): void {
  const range = rangeToApply(request.method, request.headers, size, protocol.dialect);
  if (range === undefined) delete request.headers.range;
  else request.headers.range = range;
  // `send` never answers 304 to `no-cache`, which is meant for caches, not for the origin of an object.
  delete request.headers['cache-control'];
}

function transmit(exchange: Exchange, handle: FileHandle, path: string, stat: Stats): Promise<void> {
  return new Promise((resolve, reject) => {
    const { request, response } = exchange;
    // Pass the open file: the path may be another object when it is opened again.
    const options = { fd: handle, cacheControl: false, etag: false };
    const sending = Object.assign(send(request, path, options), { res: response });
    sending.on('error', (error: { status: number }) => reject(sendRefusal(error.status, stat.size)));
    sending.on('stream', (file: { bytesRead: number; once(event: 'end', listener: () => void): void }) => {
      file.once('end', () => {
        // Another process has truncated the file: close the connection, or the client waits for the rest.
        if (file.bytesRead < Number(response.getHeader('Content-Length'))) response.destroy();
      });
    });
    finished(response, () => resolve());
    sending.send(path, stat);
  });
}

/** Answers GET and HEAD of an object: with all of it, a range, or 304. */
export async function serveObject(exchange: Exchange, place: Place, digests: Digests): Promise<void> {
  const handle = await openObject(place);
  if (!handle) throw refusal('NoSuchKey');
  try {
    const stat = await handle.stat({ bigint: true });
    const size = Number(stat.size);
    const digest = await digests.of(place.path, handle, stat);
    setETag(exchange, digest);
    adjustHeaders(exchange, size);
    await transmit(exchange, handle, place.path, { size, mtime: stat.mtime } as Stats);
  } finally {
    await handle.close();
  }
}
