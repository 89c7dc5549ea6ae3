import type { Server } from 'node:net';
import { abort, type Connection } from './abort.ts';
import { isBetweenRequests } from './keep-alive.ts';
import { watchQuiet } from './quiet.ts';

/** Milliseconds for the bytes of a paused upload to arrive after it resumes. */
const SECOND_CHECK = 1_000;

/**
 * Ends HTTP/1.1 connections without a byte in either direction for `idle` milliseconds, twice that for a client that has
 * bytes to read, unless the client waits for its bucket: that wait has its own limits, which end in an error response. Between requests the limit is another
 * (keep-alive.ts). If the bucket reads an upload slowly, the edge stops reading from the client, and the client is not
 * blamed for it.
 */
export function limitIdle(server: Server, idle: number): void {
  const late = (connection: Connection, times: number): void => {
    if (waitsForBucket(connection) || (isSending(connection) && times === 1)) return;
    if (!isUploading(connection)) abort(connection);
    else if (!isPaused(connection)) checkAgain(connection);
  };
  /** The bucket may have read the buffered bytes just now, so that the client could not send yet. */
  const checkAgain = (connection: Connection): void => {
    const { bytesRead } = connection;
    const check = (): void => {
      const isStill = isUploading(connection) && !isPaused(connection) && connection.bytesRead === bytesRead;
      if (isStill) abort(connection);
    };
    setTimeout(check, Math.min(SECOND_CHECK, idle)).unref();
  };
  watchQuiet(server, idle, {
    applies: (connection) => !isBetweenRequests(connection),
    progress: ({ bytesRead, bytesWritten, _handle: handle }) =>
      bytesRead + bytesWritten - (handle?.writeQueueSize ?? 0),
    late,
  });
}

/**
 * Bytes are on their way to the client. The system reports that it reads only when a third of the send buffer is free,
 * and TLS only at the end of a write: a slow reader seems to stand still for longer than the limit.
 */
const isSending = ({ writableLength }: Connection): boolean => writableLength > 0;

/** True if the client has sent its whole request and has read all response bytes so far. */
const waitsForBucket = ({ _httpMessage: response, writableLength }: Connection): boolean =>
  response?.req.complete === true && !response.writableEnded && writableLength === 0;

/** False while the client has unread response bytes; it must read them first. */
const isUploading = ({ _httpMessage: response, writableLength }: Connection): boolean =>
  response != null && !response.req.complete && writableLength === 0;

/** True if the edge has body bytes that the bucket has not read. */
const isPaused = ({ _httpMessage: response }: Connection): boolean => (response?.req.readableLength ?? 0) > 0;
