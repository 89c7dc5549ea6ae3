import type { Server, Socket } from 'node:net';
import { abort, type Connection } from './abort.ts';

/** Milliseconds for the bytes of a paused upload to arrive after it resumes. */
const SECOND_CHECK = 1_000;

/**
 * Ends HTTP/1.1 connections without a byte in either direction for `idle` milliseconds, unless the client waits for its
 * bucket: that wait has its own limits, which end in an error response. If the bucket reads an upload slowly, the edge
 * stops reading from the client, and the client is not blamed for it. `isElsewhere`: whether something else limits a
 * connection now.
 */
export function limitIdle(
  server: Server & { setTimeout(idle: number): unknown },
  idle: number,
  isElsewhere: (connection: Connection) => boolean = () => false,
): void {
  /** `bytesRead` of uploads at their first check without progress. */
  const stalled = new WeakMap<Socket, number>();
  server.setTimeout(idle);
  server.on('timeout', (connection: Connection) => {
    const before = stalled.get(connection);
    stalled.delete(connection);
    if (waitsForBucket(connection) || isElsewhere(connection)) {
      connection.setTimeout(idle);
    } else if (!isUploading(connection)) {
      if (before === undefined) abort(connection);
      else connection.setTimeout(idle);
    } else if (isPaused(connection) || (before !== undefined && before !== connection.bytesRead)) {
      connection.setTimeout(idle);
    } else if (before === undefined) {
      // The bucket may have read the buffered bytes just now, so that the client could not send yet.
      stalled.set(connection, connection.bytesRead);
      connection.setTimeout(Math.min(SECOND_CHECK, idle));
    } else {
      abort(connection);
    }
  });
}

/** True if the client has sent its whole request and has read all response bytes so far. */
const waitsForBucket = ({ _httpMessage: response, writableLength }: Connection): boolean =>
  response?.req.complete === true && !response.writableEnded && writableLength === 0;

/** False while the client has unread response bytes; it must read them first. */
const isUploading = ({ _httpMessage: response, writableLength }: Connection): boolean =>
  response != null && !response.req.complete && writableLength === 0;

/** True if the edge has body bytes that the bucket has not read. */
const isPaused = ({ _httpMessage: response }: Connection): boolean => (response?.req.readableLength ?? 0) > 0;
