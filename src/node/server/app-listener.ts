import type { IncomingMessage, ServerResponse } from 'node:http';
import type { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono/tiny';
import { REQUEST_LIMITS } from '../../bucket/limits.ts';
import { type EdgeFault, ERRORS } from '../../edge/errors.ts';
import { faultOfHead } from '../../edge/head-faults.ts';
import { isHost } from '../../edge/host.ts';
import { originForm } from '../../edge/route.ts';
import type { AnswersTo } from '../reach.ts';
import { bringsBody, type Head, readHead, waitsForContinue } from './head.ts';
import type { Handler } from './http-server.ts';
import { endConnection, endsConnection, inTurn, lingerAfter, turnedAway } from './linger.ts';

export interface AppListenerOptions {
  /** Accepts the hosts of the app; by default it accepts every host. */
  readonly answersTo?: AnswersTo | undefined;
  /** Answers a GET of a target (origin-form) in place of the app; null: the app answers. Never throws. */
  readonly inPlace?: (target: string) => PlainAnswer | null;
  /** Called when the app's requests cannot be served. */
  readonly onError?: (error: unknown) => void;
}

/** An answer in JSON. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: object;
}

/**
 * Serves a plain Hono app, admin for example, by the rules of the public port: it refuses the same requests, and ends
 * connections in the same cases. The Fetch API is loaded at the first request that the app answers: with Node's undici it
 * takes 13 MB.
 */
export function appListener(
  app: Hono,
  { answersTo = () => true, inPlace = () => null, onError = () => {} }: AppListenerOptions = {},
): Handler {
  let loading: Promise<Listener> | undefined;
  const answerByApp = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    loading ??= listenerOf(app).catch((error) => {
      // Tried again at the next request: files may be scarce for a while.
      loading = undefined;
      throw error;
    });
    try {
      const listener = await loading;
      await listener(incoming, outgoing);
    } catch (error) {
      onError(error);
      if (!outgoing.headersSent) write(incoming, outgoing, refusalOf('InternalError'));
    }
  };
  const serve: Handler = (incoming, outgoing) => {
    const head = readHead(incoming);
    if (turnedAway(incoming, outgoing, head)) return;
    if (head.length !== null || head.coding !== null) {
      outgoing.once('prefinish', () => resumeUnread(incoming));
      lingerAfter(incoming, outgoing);
    }
    if (endsConnection(incoming, head)) endConnection(incoming, outgoing);
    const refused = readTarget(incoming, head, answersTo);
    // Without a 100 the connection has to end, which only a request with a body needs.
    if (waitsForContinue(incoming, head) && (refused === null || !bringsBody(head))) outgoing.writeContinue();
    const answer = refused ?? (isPlainGet(incoming, head) ? inPlace(incoming.url ?? '/') : null);
    if (answer !== null) write(incoming, outgoing, answer);
    else void answerByApp(incoming, outgoing);
  };
  return (incoming, outgoing) => {
    if (outgoing.socket === null) inTurn(incoming, outgoing, serve);
    else serve(incoming, outgoing);
  };
}

type Listener = ReturnType<typeof getRequestListener>;

async function listenerOf({ fetch }: Hono): Promise<Listener> {
  const { getRequestListener } = await import('@hono/node-server');
  return getRequestListener(fetch, {
    // Leave Node's own globals in place.
    overrideGlobalObjects: false,
    // `resumeUnread` discards a body that the app does not read.
    autoCleanupIncoming: false,
    // HTTP/1.0 has no Host, and a URL needs one.
    hostname: 'localhost',
  });
}

const isPlainGet = ({ method }: IncomingMessage, head: Head): boolean =>
  (method === 'GET' || method === 'HEAD') && !bringsBody(head);

const refusal = (status: number, error: string): PlainAnswer => ({ status, body: { error } });

const HOST_REFUSED = refusal(
  403,
  'This host is not answered here, since a name can be pointed at any machine: ask for localhost or an address, or name the host with --own-hosts.',
);

/** Rewrites the target to origin-form, which the app reads. Returns the refusal of an invalid request, or null. */
function readTarget(incoming: IncomingMessage, head: Head, answersTo: AnswersTo): PlainAnswer | null {
  const { method = '', url = '/' } = incoming;
  const form = originForm(method, url, head.host);
  if (form === null) return refusalOf('InvalidURI');
  if (!isHost(head.host) || !isHost(form.host)) return refusalOf('InvalidHost');
  if (!answersTo(form.host)) return HOST_REFUSED;
  const fault = faultOfHead(url, head, REQUEST_LIMITS);
  if (fault !== null) return refusalOf(fault);
  incoming.url = form.target;
  return null;
}

const refusalOf = (fault: EdgeFault): PlainAnswer => refusal(ERRORS[fault].status, ERRORS[fault].message);

function write({ method }: IncomingMessage, outgoing: ServerResponse, answer: PlainAnswer): void {
  const { status } = answer;
  const body = JSON.stringify(answer.body);
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  outgoing.writeHead(status, [...headers, 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff']);
  outgoing.end(method === 'HEAD' ? undefined : body);
}

/** Discards the rest of a body. The app may have read a part of it, and its listeners would block the rest. */
function resumeUnread(incoming: IncomingMessage): void {
  if (incoming.complete) return;
  incoming.removeAllListeners('data').removeAllListeners('readable');
  incoming.resume();
}
