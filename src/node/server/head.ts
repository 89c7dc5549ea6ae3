import type { IncomingMessage } from 'node:http';
import { parseHead, type RequestHead } from '../../bucket/head.ts';
import { DirectRequest } from './direct/request.ts';
import { isStream } from './h2-stream.ts';
import { LeanMessage } from './lean-message.ts';

export type Head = RequestHead;

export const readHead = (incoming: Pick<IncomingMessage, 'method' | 'rawHeaders'>): Head =>
  incoming instanceof DirectRequest || incoming instanceof LeanMessage
    ? incoming.head
    : parseHead(incoming.method ?? '', incoming.rawHeaders);

/** Whether a request has a body (RFC 9112 §6.3). */
export const bringsBody = ({ length, coding }: Head): boolean =>
  coding !== null || (length !== null && Number(length) !== 0);

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** Whether the client waits for 100 (Continue). HTTP/1.0 has no expectations (RFC 9110 §10.1.1). */
export const waitsForContinue = (incoming: IncomingMessage, { expect }: Head): boolean =>
  expect !== null && CONTINUE.test(expect) && (isStream(incoming) || incoming.httpVersionMinor > 0);
