import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { startLimit } from '../../rules/within.ts';
import { tls } from '../built-in.ts';
import type { Address } from './call.ts';
import { fault } from './fault.ts';

/** A TLS session by address and name, so that a new connection needs no full handshake. */
export interface Sessions {
  get(key: string): Buffer | undefined;
  set(key: string, session: Buffer): unknown;
  delete(key: string): unknown;
}

/** An address in the form that Node's sockets take. */
export interface Place extends Address {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** Milliseconds without a byte until the system asks whether the other end still exists. */
const PROBE_AFTER = 60_000;

export function placeOf(address: Address): Place {
  const { protocol, hostname, port } = new URL(address.base);
  const secure = protocol === 'https:';
  const servername = address.servername.replace(/^\[|\]$/g, '');
  return {
    ...address,
    // SNI has no IP addresses (RFC 6066 §3). Node checks the certificate against the address without it.
    servername: isIP(servername) === 0 ? servername : '',
    secure,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
  };
}

/** Takes what a connection reads, in place of the events of its stream. */
export interface Reading {
  /** Returns what the next read fills. */
  readonly buffer: () => Buffer;
  /** Called with so many bytes at the start of the buffer. */
  readonly take: (count: number, buffer: Buffer) => void;
}

/**
 * Begins a connection. Calls `ready` when it can carry a request; otherwise it emits an error and closes, after
 * `connectLimit` milliseconds at most. Asks DNS each time.
 */
export function dial(
  place: Place,
  sessions: Sessions,
  lookup: LookupFunction | undefined,
  { buffer, take }: Reading,
  ready: () => void,
): Socket {
  const { host, port, connectLimit } = place;
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER,
    onread: {
      buffer,
      callback: (count: number, bytes: Uint8Array) => {
        take(count, bytes as Buffer);
        // It goes on reading; `pause` stops it.
        return true;
      },
    },
    ...(lookup && { lookup }),
  };
  const socket = place.secure ? dialTls(options, place, sessions) : connect(options);
  const stop = startLimit(connectLimit, () =>
    socket.destroy(
      fault('ERR_CONNECT_TIMEOUT', `no connection to ${host}:${port} after ${connectLimit / 1000} s`),
    ),
  );
  socket.once('close', stop);
  socket.once(place.secure ? 'secureConnect' : 'connect', () => {
    stop();
    ready();
  });
  return socket;
}

function dialTls(options: object, { base, servername }: Place, sessions: Sessions): Socket {
  const key = `${base} ${servername}`;
  const session = sessions.get(key);
  const socket = tls().connect({
    ...options,
    servername,
    ALPNProtocols: ['http/1.1'],
    ...(session && { session }),
  });
  let isOpen = false;
  socket
    .on('session', (made) => sessions.set(key, made))
    .once('secureConnect', () => {
      isOpen = true;
    })
    // The server may have refused the session: the next connection makes a new one.
    .once('close', () => isOpen || sessions.delete(key));
  return socket;
}
