import { causeOf } from '../../bucket/cause.ts';
import { type StoreRefusal, storeRefusal } from '../../bucket/refusals.ts';
import { type Verified, verifyBody } from '../../bucket/verify/verify.ts';
import { traitsOf } from '../../cors/behaviour.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { REGISTER_TIMEOUT } from '../../rules/register.ts';
import { within } from '../../rules/within.ts';
import { cachedAnswer } from '../answers.ts';
import type { Keeping } from '../bucket.ts';
import { clientRequest } from '../client-request.ts';
import { makeHead, type Routed } from '../context.ts';
import { refuse, refuseAsStore } from '../error-reply.ts';
import { sendReply } from '../report.ts';
import { newRequestId } from '../request-id.ts';
import { NO_STORE } from '../write.ts';
import { DOCUMENT_LIMITS, readRules, tooLarge } from './document.ts';

const METHODS = ['GET', 'PUT', 'DELETE'];
const ALLOW = ['Allow', [...METHODS, 'OPTIONS'].join(', ')];

/** Milliseconds. Longer than a register takes, also with the way to the primary process: its own answer is exact. */
const WRITE_TIMEOUT = REGISTER_TIMEOUT + 2_000;

const UNKNOWN = 'It is unknown whether the rules are stored; read them, then try again.';
const LOST = 'The storage of the rules has lost them. A PUT of all rules, or a DELETE, replaces them.';

/** Most bytes that aws-chunked adds to a document: lines with sizes and signatures, and trailers. */
const FRAMING_BYTES = 16 * 1024;

/** Reads, writes or deletes the rules in the register, for a request that one of the bucket's keys has signed. */
export async function keepRules(request: Routed, keeping: Keeping): Promise<Response> {
  const { method } = request.exchange;
  if (!METHODS.includes(method))
    return refuseAsStore(request, refusalOf(request, 'MethodNotAllowed'), { headers: ALLOW });
  const verified = await keeping.verify({ ...clientRequest(request), key: request.key });
  if (!verified.ok) return refuseAsStore(request, verified.refusal);
  // Also of GET and DELETE: a signature may cover their body too.
  const content = await readContent(request, keeping, verified.value);
  if (!(content instanceof Uint8Array)) return content;
  if (method === 'GET') return getRules(request, keeping);
  if (method === 'DELETE') return storeRules(request, keeping, verified.value, null);
  const document = readRules(content, dialectOf(request));
  if (!document.ok) return refuseAsStore(request, document.refusal);
  return storeRules(request, keeping, verified.value, document.value);
}

const dialectOf = ({ inForce }: Routed) => inForce.rules.behaviour.dialect;

const refusalOf = (request: Routed, code: StoreRefusal['code']): StoreRefusal =>
  storeRefusal(dialectOf(request), code);

/** The checked body, or the answer to one that is too large, is not what was signed, or does not arrive whole. */
async function readContent(
  request: Routed,
  { md5 }: Keeping,
  verified: Verified,
): Promise<Uint8Array<ArrayBuffer> | Response> {
  const { exchange, head } = request;
  const dialect = dialectOf(request);
  const { bytes } = DOCUMENT_LIMITS[dialect];
  const limit = bytes + (verified.payload?.startsWith('STREAMING-') ? FRAMING_BYTES : 0);
  const body = Number(head.length ?? 0) > limit ? 'TooLarge' : await exchange.read(limit);
  if (body === 'TooLarge') return refuseAsStore(request, tooLarge(dialect));
  if (typeof body === 'string') return refuse(request, body);
  const content = await verifyBody(verified, exchange.headers, body, { dialect, md5 });
  return content.ok ? content.value : refuseAsStore(request, content.refusal);
}

async function getRules(request: Routed, { register }: Keeping): Promise<Response> {
  const entry = await attempt(register.read(), LOAD_TIMEOUT);
  if ('cause' in entry) return refuseUnavailable(request, entry);
  if (entry.value === null && mayHaveRules(request)) {
    request.exchange.background(request.bucket.rules.refresh(request.exchange.background));
    return refuseUnavailable(request, { cause: 'the storage has lost the rules' }, LOST);
  }
  const { document = null } = entry.value ?? {};
  if (document === null) {
    const details = dialectOf(request) === 's3' ? [['BucketName', request.bucket.name] as const] : [];
    return refuseAsStore(request, refusalOf(request, 'NoSuchCORSConfiguration'), { details });
  }
  const length = String(new TextEncoder().encode(document).length);
  return answer(request, 200, ['Content-Type', 'application/xml', 'Content-Length', length], document);
}

/** Whether the edge has rules in force, or knows of none that are: "no rules" would be a wrong answer then (promise 2). */
const mayHaveRules = ({ inForce: { rules } }: Routed): boolean =>
  rules.state === 'unavailable' || rules.rules.length > 0;

/** Stores a document, or that the rules were deleted. The rules are in force before the client gets its answer. */
async function storeRules(
  request: Routed,
  { register, wallClock }: Keeping,
  { key }: Verified,
  document: string | null,
): Promise<Response> {
  const entry = { document, writer: key.accessKeyId, writtenAt: wallClock() };
  const writing = register.write(entry);
  const written = await attempt(writing, WRITE_TIMEOUT);
  const { background } = request.exchange;
  const refresh = () => request.bucket.rules.refresh(background);
  if ('cause' in written) {
    // It may be stored all the same, now or later.
    background(writing.then(refresh, refresh));
    return refuseUnavailable(request, written, UNKNOWN);
  }
  await refresh();
  return document === null ? answer(request, 204, []) : answer(request, 200, ['Content-Length', '0']);
}

interface Failed {
  readonly cause: string;
}

/** What the register gave within so many milliseconds, or why it failed. Its failure is no error of the edge. */
async function attempt<T>(work: Promise<T>, limit: number): Promise<{ readonly value: T } | Failed> {
  try {
    return { value: await within(limit, work) };
  } catch (error) {
    return { cause: causeOf(error) };
  }
}

const refuseUnavailable = (request: Routed, { cause }: Failed, message?: string): Response =>
  refuseAsStore(request, { ...storeRefusal(dialectOf(request), 'ServiceUnavailable', message), cause });

function answer(request: Routed, status: number, own: readonly string[], body = ''): Response {
  const { rules } = request.inForce;
  const headers = [...own, traitsOf(rules.behaviour).requestIdHeader, newRequestId(), ...NO_STORE];
  const made = makeHead(request, cachedAnswer(rules, request.head), status, headers, null);
  return sendReply(request, made, { status, headers: made.headers, body });
}
