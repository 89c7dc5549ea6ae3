import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type ClientHttp2Session, connect as openSession } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Edge } from '../../cli/_edges.ts';
import { CA } from '../../helpers/tls.ts';

/** Loopback addresses of three clients. */
export const ATTACKER = '127.0.0.1';
export const OTHER = '127.0.0.2';
export const THIRD = '127.0.0.3';

const portOf = ({ url }: Edge): number => Number(new URL(url).port);

/** The connections of one attacker. */
export interface Attack {
  /** Connections or streams that the edge has not ended. */
  open(): number;
  end(): void;
}

/** The address that connections come from, and the milliseconds after which each sends one more byte. */
export interface Manner {
  readonly from?: string;
  readonly every?: number;
}

export const upload = (name: string, more = ''): string =>
  `PUT /key HTTP/1.1\r\nHost: ${name}\r\n${more}Content-Length: 1000\r\n\r\nx`;
export const download = (name: string): string => `GET /big HTTP/1.1\r\nHost: ${name}\r\n\r\n`;

/** Opens connections that send `text` and then nothing, or a byte at each interval; downloads are not read. */
export function connections(
  at: Edge,
  count: number,
  text: string,
  { from = ATTACKER, every }: Manner = {},
): Attack {
  const sockets = new Set<Socket>();
  for (let opened = 0; opened < count; opened += 1) {
    const socket = connect({ port: portOf(at), host: '127.0.0.1', localAddress: from });
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    // A paused socket emits no `close` when the edge ends it.
    if (!text.startsWith('GET /big')) socket.resume();
    socket.write(text);
  }
  const dribble = (): void => {
    for (const socket of sockets) socket.write('x');
  };
  const dribbling = every === undefined ? undefined : setInterval(dribble, every);
  return {
    open: () => sockets.size,
    end: () => {
      clearInterval(dribbling);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Opens HTTP/2 connections with 128 streams each: uploads of one byte, or downloads that are not read. */
export async function streams({ url }: Edge, count: number, name: string, uploads: boolean): Promise<Attack> {
  const sessions: ClientHttp2Session[] = [];
  let open = 0;
  for (let opened = 0; opened < count; opened += 1) {
    const session = openSession(url, { ca: CA });
    session.on('error', () => {});
    sessions.push(session);
    await once(session, 'remoteSettings');
    for (let at = 0; at < 128; at += 1) {
      const head = uploads
        ? { ':method': 'PUT', ':path': '/key', 'content-length': 1000 }
        : { ':path': '/big' };
      const stream = session.request({ ':authority': name, ...head }, { endStream: !uploads });
      open += 1;
      stream
        .on('error', () => {})
        .once('close', () => {
          open -= 1;
        });
      if (uploads) stream.resume().write('x');
    }
  }
  return {
    open: () => open,
    end: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Milliseconds until a flooding client sends its next request. */
const PAUSE_MS = 50;

/** Requests `/slow` repeatedly, with `atOnce` requests in flight. */
export function flood(at: Edge, atOnce: number, name: string): Attack {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const about = { host: '127.0.0.1', port: portOf(at), localAddress: ATTACKER, agent };
  let ended = false;
  const again = (): void => {
    if (ended) return;
    const sent = request({ ...about, path: '/slow', headers: { Host: name } });
    sent.once('response', (incoming) => incoming.resume().once('close', () => setTimeout(again, PAUSE_MS)));
    sent.on('error', () => setTimeout(again, PAUSE_MS)).end();
  };
  for (let begun = 0; begun < atOnce; begun += 1) again();
  return {
    open: () => (ended ? 0 : atOnce),
    end: () => {
      ended = true;
      agent.destroy();
    },
  };
}
