import { Duplex } from 'node:stream';
import type { Connection } from '../abort.ts';

/** Most bytes that are read ahead of a response. */
const MOST = 64 * 1024;

/** What a client sends before it has the response to its request. */
export interface Ahead {
  take(bytes: Buffer): void;
  /** Returns all that was taken, and ends. */
  end(): Buffer;
}

/** The connection whose bytes a connection in memory repeats. */
const originals = new WeakMap<object, Connection>();

/** Whether requests of a connection are not answered there: they are only a copy of what a client has sent ahead. */
export const isCopy = (connection: object): boolean => originals.has(connection);

/** The client's connection, given it or the copy of what it has sent ahead. */
export const originalOf = <T extends object>(connection: T): T | Connection =>
  originals.get(connection) ?? connection;

/**
 * Retains what a client sends ahead of a response, and shows a copy to Node's server (`serve`) at once, over a connection
 * in memory: what is malformed, or does not become complete in time, is refused when Node finds it. The requests are served
 * after the response, from the retained bytes.
 */
export function openAhead(connection: Connection, serve: (copy: Duplex) => void): Ahead {
  const parts: Buffer[] = [];
  let size = 0;
  const copy = new Duplex({ read: () => {}, write: (_bytes, _encoding, done) => done() });
  originals.set(copy, connection);
  serve(copy);
  return {
    take: (bytes) => {
      parts.push(bytes);
      size += bytes.length;
      if (size >= MOST) connection.pause();
      copy.push(bytes);
    },
    end: () => {
      copy.destroy();
      return Buffer.concat(parts);
    },
  };
}
