import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type ClientRequest, request } from 'node:http';
import { type ClientHttp2Session, connect as openSession } from 'node:http2';
import { request as secureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Edge, PORTS } from '../cli/edges.ts';
import { type RunOptions, run, stop } from '../cli/process.ts';
import { pour } from '../helpers/pour.ts';
import { CA } from '../helpers/tls.ts';
import { openUpstream } from '../helpers/upstream.ts';
import { rulesFor } from './store.ts';

/** Loopback addresses of three clients. */
export const ATTACKER = '127.0.0.1';
export const OTHER = '127.0.0.2';
export const THIRD = '127.0.0.3';

export interface Target extends Edge {
  /** Requests that the bucket of that name has had. */
  asked(name: string): number;
  close(): Promise<void>;
}

/** Milliseconds that a bucket takes for `/held`. */
const HELD = 300;
/** Milliseconds after which the program is ended by force. */
const LIMIT = 150_000;

/** Runs the program before buckets, each at the host of its name, that take uploads and pour out `/big`. */
export async function target(
  buckets: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<Target> {
  const store = await openUpstream('none');
  store.script = (_asked, incoming, outgoing) => {
    incoming.resume();
    outgoing.on('error', () => {});
    if (incoming.url?.endsWith('/big')) pour(outgoing);
    else if (incoming.url?.endsWith('/held')) setTimeout(() => outgoing.end('held'), HELD);
    else incoming.once('end', () => outgoing.end('small'));
  };
  const folder = await mkdtemp(join(tmpdir(), 'attack-'));
  const file = join(folder, 'edge.json');
  const rules = rulesFor('https://a.example');
  const configured = Object.entries(buckets).map(([name, more]) => [
    name,
    { bucket: `${store.url}/${name}`, store: 's3', rules, hosts: name, ...more },
  ]);
  await writeFile(file, JSON.stringify({ buckets: Object.fromEntries(configured) }));
  const edge = run(['serve', ...PORTS, '--config', file, ...flags], { limit: LIMIT, ...options });
  return {
    ...edge,
    url: await edge.address('edge'),
    adminUrl: await edge.address('admin'),
    asked: (name) => store.asked.filter(({ target: asked }) => asked.startsWith(`/${name}/`)).length,
    close: async () => {
      await stop(edge);
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

const portOf = ({ url }: Edge): number => Number(new URL(url).port);

/** What one attacker has open. */
export interface Attack {
  /** Connections or streams that the edge has not ended. */
  open(): number;
  end(): void;
}

/** How connections go on: from which address, and sending one more byte every so many milliseconds. */
export interface Manner {
  readonly from?: string;
  readonly every?: number;
}

export const upload = (name: string, more = ''): string =>
  `PUT /key HTTP/1.1\r\nHost: ${name}\r\n${more}Content-Length: 1000\r\n\r\nx`;
export const download = (name: string): string => `GET /big HTTP/1.1\r\nHost: ${name}\r\n\r\n`;

/** Opens connections that send a text and then nothing more; downloads are not read. */
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
    // Paused it would not notice its end.
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

/** Opens connections of HTTP/2 with 128 streams each: uploads of one byte, or downloads that are not read. */
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

/** Milliseconds until a client that floods asks again. */
const AGAIN = 50;

/** Asks for `/held` again and again, with so many requests at once. */
export function flood(at: Edge, atOnce: number, name: string): Attack {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const about = { host: '127.0.0.1', port: portOf(at), localAddress: ATTACKER, agent };
  let ended = false;
  const again = (): void => {
    if (ended) return;
    const sent = request({ ...about, path: '/held', headers: { Host: name } });
    sent.once('response', (incoming) => incoming.resume().once('close', () => setTimeout(again, AGAIN)));
    sent.on('error', () => setTimeout(again, AGAIN)).end();
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

export interface Probe {
  readonly status: number;
  readonly milliseconds: number;
}

/** Sends one small request on a connection of its own. */
export function probe(
  { url }: Edge,
  name: string,
  from = OTHER,
  headers: Record<string, string> = {},
): Promise<Probe> {
  const { hostname: host, port, protocol } = new URL(url);
  const before = performance.now();
  const about = {
    host,
    port,
    path: '/small',
    localAddress: from,
    agent: false,
    headers: { Host: name, ...headers },
  };
  const sent: ClientRequest =
    protocol === 'https:' ? secureRequest({ ...about, ca: CA, servername: 'localhost' }) : request(about);
  return new Promise((resolve, reject) => {
    sent.once('response', (incoming) => {
      const { statusCode: status = 0 } = incoming;
      incoming.resume().once('end', () => resolve({ status, milliseconds: performance.now() - before }));
    });
    sent.once('error', reject).end();
  });
}

const PROBES = 200;

/** Probes one after the other; gives back the statuses that came, and the time in which 99 of 100 were answered. */
export async function probes(at: Edge, name: string, headers?: Record<string, string>) {
  const answered: Probe[] = [];
  while (answered.length < PROBES) answered.push(await probe(at, name, OTHER, headers));
  const times = answered.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  return {
    statuses: [...new Set(answered.map(({ status }) => status))],
    p99: times[Math.ceil(PROBES * 0.99) - 1] ?? Number.POSITIVE_INFINITY,
  };
}
