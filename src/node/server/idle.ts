import type { Server, Socket } from 'node:net';
import { abort, type Connection } from './abort.ts';

/** Milliseconds in which the bytes of an upload that had been held back are there, if its client has sent any. */
const SECOND_LOOK = 1_000;

/**
 * Ends connections of HTTP/1.1 on which nothing has moved for `idle` milliseconds, unless the client waits for its
 * bucket: that has limits of its own, which end in an answer. An upload that its bucket takes
 * slowly is not read on here, so that nothing moves, through no fault of its client.
 */
export function limitIdle(server: Server & { setTimeout(idle: number): unknown }, idle: number): void {
  /** Bytes that had come when an upload was found standing still. */
  const still = new WeakMap<Socket, number>();
  server.setTimeout(idle);
  server.on('timeout', (connection: Connection) => {
    const before = still.get(connection);
    still.delete(connection);
    if (isUpToBucket(connection)) {
      connection.setTimeout(idle);
    } else if (!isUploading(connection)) {
      if (before === undefined) abort(connection);
      else connection.setTimeout(idle);
    } else if (isHeldBack(connection) || (before !== undefined && before !== connection.bytesRead)) {
      connection.setTimeout(idle);
    } else if (before === undefined) {
      // The bucket may have taken in this very moment what was held back.
      still.set(connection, connection.bytesRead);
      connection.setTimeout(Math.min(SECOND_LOOK, idle));
    } else {
      abort(connection);
    }
  });
}

/** The client has sent its whole request, and has taken all there is of the answer. */
const isUpToBucket = ({ _httpMessage: answer, writableLength }: Connection): boolean =>
  answer?.req.complete === true && !answer.writableEnded && writableLength === 0;

/** Not so where an answer is waiting to be read: the client has to do that first. */
const isUploading = ({ _httpMessage: answer, writableLength }: Connection): boolean =>
  answer != null && !answer.req.complete && writableLength === 0;

const isHeldBack = ({ _httpMessage: answer }: Connection): boolean => (answer?.req.readableLength ?? 0) > 0;
