import { Duplex } from 'node:stream';
import type { Connection } from '../abort.ts';
import { MAX_WAITING } from '../linger.ts';

/** Bytes after which no more is read ahead of a response; a few reads follow until the connection stands still. */
const MOST = 256 * 1024;
const FIRST_SIZE = 1_024;

/** What a client sends before it has the response to its request. */
export interface Ahead {
  take(bytes: Buffer): void;
  /** Returns all that was taken, and ends. */
  end(): Buffer;
}

/** A connection in memory, which repeats what a client has sent ahead. */
interface Copy {
  readonly original: Connection;
  /** Requests that Node has read from it. */
  requests: number;
}

const copies = new WeakMap<object, Copy>();

/**
 * Whether a request of this connection is only a copy of one that a client has sent ahead, and is not answered there. Call
 * it once for each request.
 */
export function isAhead(connection: Duplex): boolean {
  const copy = copies.get(connection);
  if (copy === undefined) return false;
  copy.requests += 1;
  if (copy.requests > MAX_WAITING) connection.destroy();
  return true;
}

/** The client's connection, given it or the copy of what it has sent ahead. */
export const originalOf = <T extends object>(connection: T): T | Connection =>
  copies.get(connection)?.original ?? connection;

/**
 * Retains what a client sends ahead of a response, and shows a copy to Node's server (`serve`) at once, over a connection
 * in memory: what is malformed, or does not become complete in time, is refused when Node finds it. The requests are served
 * after the response, from the retained bytes. The copy ends once there are more requests than may wait, or no more is
 * read: then it lacks bytes that the client has sent, and its time limit would blame the client.
 */
export function openAhead(original: Connection, serve: (connection: Duplex) => void): Ahead {
  let space = Buffer.allocUnsafe(FIRST_SIZE);
  let used = 0;
  const connection = new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() });
  copies.set(connection, { original, requests: 0 });
  serve(connection);

  function retain(bytes: Buffer): void {
    if (used + bytes.length > space.length) {
      const larger = Buffer.allocUnsafe(Math.max(used + bytes.length, 2 * space.length));
      space.copy(larger, 0, 0, used);
      space = larger;
    }
    bytes.copy(space, used);
    used += bytes.length;
  }

  return {
    take: (bytes) => {
      retain(bytes);
      if (used >= MOST) {
        original.pause();
        connection.destroy();
      }
      if (!connection.destroyed) connection.push(bytes);
    },
    end: () => {
      connection.destroy();
      return space.subarray(0, used);
    },
  };
}
