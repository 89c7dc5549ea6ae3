import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { finished } from 'node:stream';
import send from 'send';
import type { Digests } from './digest.ts';
import type { Exchange } from './exchange.ts';
import { openObject, type Place } from './place.ts';
import { rangeToObey } from './range.ts';
import { type Refusal, refusal } from './refusal.ts';

const sendRefusal = (status: number, size: number): Refusal => {
  if (status === 412) return refusal('PreconditionFailed');
  if (status === 416) return refusal('InvalidRange', undefined, { 'Content-Range': `bytes */${size}` });
  return refusal('InternalError');
};

/** Leaves only those request headers for `send` to judge that it is to obey. */
const settleHeaders = ({ request }: Exchange, size: number): void => {
  const range = rangeToObey(request.method, request.headers, size);
  if (range === undefined) delete request.headers.range;
  else request.headers.range = range;
  // `send` would not answer 304 to `no-cache`; that word is for caches, and this is where objects come from.
  delete request.headers['cache-control'];
};

const transmit = (exchange: Exchange, handle: FileHandle, path: string, stat: Stats): Promise<void> =>
  new Promise((resolve, reject) => {
    const { request, response } = exchange;
    // The open file is given along: a path opened a second time might by then be another object.
    const options = { fd: handle, cacheControl: false, etag: false };
    const sending = Object.assign(send(request, path, options), { res: response });
    sending.on('error', (error: { status: number }) => reject(sendRefusal(error.status, stat.size)));
    sending.on('stream', (file: { bytesRead: number; once(event: 'end', listener: () => void): void }) => {
      file.once('end', () => {
        // A file cut short under our hands: the client must not wait for the rest.
        if (file.bytesRead < Number(response.getHeader('Content-Length'))) response.destroy();
      });
    });
    finished(response, () => resolve());
    sending.send(path, stat);
  });

/** Answers GET and HEAD of an object: whole, a range of it, or that it has not changed. */
export const serveObject = async (exchange: Exchange, place: Place, digests: Digests): Promise<void> => {
  const handle = await openObject(place);
  if (!handle) throw refusal('NoSuchKey');
  try {
    const stat = await handle.stat({ bigint: true });
    const size = Number(stat.size);
    const digest = await digests.of(place.path, handle, stat);
    exchange.response.setHeader('ETag', `"${digest}"`);
    settleHeaders(exchange, size);
    await transmit(exchange, handle, place.path, { size, mtime: stat.mtime } as Stats);
  } finally {
    await handle.close();
  }
};
