import { createRequire } from 'node:module';
import { isIP, type LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import { startLimit } from '../../rules/within.ts';
import type { Address, Ask, Call, Calling, Connections, Receiver } from '../http1/call.ts';
import type { ConnectionsOptions } from '../http1/connections.ts';
import { answerFault, fault } from '../http1/fault.ts';
import { MAX_INFORMATIONAL } from '../http1/reader.ts';
import { streamed } from '../http1/streamed.ts';
import { flatHeaders, lengthOf } from './bucket-head.ts';
import { RESET_BY_BUCKET } from './failure.ts';

const MAX_HEAD_BYTES = 64 * 1024;

/** Loaded on demand: it takes memory, and few edges use it. */
const load = (): typeof import('undici') => createRequire(import.meta.url)('undici');

/** Connections by undici's pools, in place of those of `http1/connections.ts`: `--transport undici`. */
export function createUndiciPools({ life, addresses, lookup }: ConnectionsOptions): Connections {
  const undici = load();
  const closing = new Set<Promise<void>>();
  const retire = (pool: Pool): void => {
    const closed = pool.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  // One for each connect timeout too, since a pool has one.
  const byAddress = new LRUCache<string, Pool>({ max: addresses, ttl: life, dispose: retire });
  const poolAt = ({ base, connectLimit }: Address): Pool => {
    const key = `${connectLimit} ${base}`;
    const known = byAddress.get(key);
    if (known !== undefined) return known;
    const pool = new undici.Pool(base, {
      // The gates limit them.
      connections: null,
      connect: connectorFor(undici, connectLimit, lookup),
      allowH2: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Node's parser has checked the request's Content-Length, and the edge passes it on unchanged.
      strictContentLength: false,
    });
    byAddress.set(key, pool);
    return pool;
  };
  return {
    at: (address) => askBy(poolAt(address), address.servername),
    close: async () => {
      byAddress.clear();
      await Promise.all(closing);
    },
  };
}

const askBy =
  (pool: Pool, servername: string): Ask =>
  (call, receiver) => {
    const given: Given = { controller: null, aborted: null, informational: 0, stopDeadline: () => {} };
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      method: call.method as Dispatcher.HttpMethod,
      path: call.target,
      // undici does not modify the list.
      headers: call.headers as string[],
      body: call.body,
      headersTimeout: call.headLimit,
      bodyTimeout: call.idleLimit,
      // By default undici uses the Host header, and makes a new connection whenever it differs.
      servername,
    };
    pool.dispatch(options, handlerOf(given, call, receiver));
    return callingOf(given);
  };

/** What undici has given for a request so far. */
interface Given {
  /** Null while there is no connection for it. */
  controller: Dispatcher.DispatchController | null;
  aborted: Error | null;
  /** Informational responses (1xx) so far. */
  informational: number;
  /** Ends the limit on the time between the first of them and the final head. */
  stopDeadline: () => void;
}

const callingOf = (given: Given): Calling => ({
  pause: () => given.controller?.pause(),
  resume: () => given.controller?.resume(),
  // undici cannot cancel a connection attempt: `onRequestStart` aborts the request.
  abort: (error) => {
    given.aborted ??= error;
    given.controller?.abort(error);
  },
});

/** Each informational response restarts undici's timeout, so they have a bound and a deadline. */
function takeInformational(given: Given, { headLimit }: Call): void {
  given.informational += 1;
  if (given.informational > MAX_INFORMATIONAL)
    given.controller?.abort(answerFault('the final response does not begin'));
  else if (given.informational === 1 && headLimit > 0)
    given.stopDeadline = startLimit(headLimit, () =>
      given.controller?.abort(fault('ERR_HEAD_TIMEOUT', 'the response does not begin in time')),
    );
}

function handlerOf(given: Given, call: Call, receiver: Receiver): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => {
      given.controller = controller;
      if (given.aborted === null) receiver.sent();
      else controller.abort(given.aborted);
    },
    onBodySent: () => receiver.moved(),
    onRequestSent: () => {
      if (call.body !== null) receiver.uploaded();
    },
    onResponseStarted: () => receiver.started(),
    onResponseStart: (controller, status) => {
      if (status >= 100 && status < 200) return takeInformational(given, call);
      given.stopDeadline();
      try {
        const headers = flatHeaders(controller.rawHeaders);
        receiver.head(status, headers, lengthOf(headers));
      } catch (error) {
        controller.abort(answerFault(error instanceof Error ? error.message : String(error)));
      }
    },
    onResponseData: (_, chunk) => {
      streamed(chunk.length);
      receiver.data(chunk);
    },
    onResponseEnd: () => receiver.end(),
    onResponseError: (_, error) => {
      given.stopDeadline();
      receiver.fail(error);
    },
  };
}

/** SNI has no IP addresses (RFC 6066 §3). Node checks the certificate against the address without it. */
const named = (options: buildConnector.Options): buildConnector.Options =>
  isIP(options.servername?.replace(/^\[|\]$/g, '') ?? '') === 0 ? options : { ...options, servername: '' };

/**
 * undici takes ECONNRESET for the end of a body without a length. The rest of the body is missing, and the client must
 * not take it for complete (promise 3), so the error gets another code before undici sees it.
 */
function connectorFor(
  undici: typeof import('undici'),
  timeout: number,
  lookup?: LookupFunction,
): buildConnector.connector {
  // Over HTTP/2 undici passes no raw headers: their order, case and repetition would be lost.
  const connect = undici.buildConnector({ timeout, allowH2: false, ...(lookup && { lookup }) });
  return (options, callback) =>
    connect(named(options), (...connected) => {
      connected[1]?.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') error.code = RESET_BY_BUCKET;
        Object.assign(error, { socket: connected[1] });
      });
      callback(...connected);
    });
}
