import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { REQUEST_LIMITS } from '../../bucket/limits.ts';
import { type EdgeFault, ERRORS } from '../../edge/errors.ts';
import { faultOfHead } from '../../edge/head-faults.ts';
import { isHost } from '../../edge/host.ts';
import { originForm } from '../../edge/route.ts';
import type { AnswersTo } from '../reach.ts';
import { bringsBody, type Head, readHead, waitsForContinue } from './head.ts';
import type { Handler } from './http-server.ts';
import { endConnection, endsConnection, inTurn, lingerAfter, turnedAway } from './linger.ts';

/**
 * Serves a plain Hono app, admin say, by the rules of the public port: the same requests are refused, and a connection
 * goes on or ends in the same way. `answersTo` says under which hosts; under every one unless given.
 */
export function appListener(app: Hono, answersTo: AnswersTo = () => true): Handler {
  // The globals stay Node's own, and a body that nobody reads is this listener's matter.
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    autoCleanupIncoming: false,
    // HTTP/1.0 has no Host, and a URL must have one.
    hostname: 'localhost',
  });
  const serve: Handler = (incoming, outgoing) => {
    const head = readHead(incoming);
    if (turnedAway(incoming, outgoing, head)) return;
    if (head.length !== null || head.coding !== null) {
      outgoing.once('prefinish', () => letGo(incoming));
      lingerAfter(incoming, outgoing);
    }
    if (endsConnection(incoming, head)) endConnection(incoming, outgoing);
    const refused = readTarget(incoming, head, answersTo);
    // A refusal without a 100 ends its connection, and that needs a body.
    if (waitsForContinue(incoming, head) && (refused === null || !bringsBody(head))) outgoing.writeContinue();
    if (refused !== null) {
      refuse(incoming, outgoing, refused);
      return;
    }
    void listener(incoming, outgoing);
  };
  return (incoming, outgoing) => {
    if (outgoing.socket === null) inTurn(incoming, outgoing, serve);
    else serve(incoming, outgoing);
  };
}

interface Refused {
  readonly status: number;
  readonly error: string;
}

const HOST_REFUSED: Refused = {
  status: 403,
  error:
    'This host is not answered here, since a name can be pointed at any machine: ask for localhost or an address, or name the host with --own-hosts.',
};

/** Brings the target into origin-form, as the app reads it; what is wrong with the request where something is. */
function readTarget(incoming: IncomingMessage, head: Head, answersTo: AnswersTo): Refused | null {
  const { method = '', url = '/' } = incoming;
  const form = originForm(method, url, head.host);
  if (form === null) return ofTable('InvalidURI');
  if (!isHost(head.host) || !isHost(form.host)) return ofTable('InvalidHost');
  if (!answersTo(form.host)) return HOST_REFUSED;
  const fault = faultOfHead(url, head, REQUEST_LIMITS);
  if (fault !== null) return ofTable(fault);
  incoming.url = form.target;
  return null;
}

const ofTable = (fault: EdgeFault): Refused => ({
  status: ERRORS[fault].status,
  error: ERRORS[fault].message,
});

function refuse({ method }: IncomingMessage, outgoing: ServerResponse, { status, error }: Refused): void {
  const body = JSON.stringify({ error });
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  outgoing.writeHead(status, [...headers, 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff']);
  outgoing.end(method === 'HEAD' ? undefined : body);
}

/** The app may have begun to read the body, and would stop the rest of it for ever. */
function letGo(incoming: IncomingMessage): void {
  if (incoming.complete) return;
  incoming.removeAllListeners('data').removeAllListeners('readable');
  incoming.resume();
}
