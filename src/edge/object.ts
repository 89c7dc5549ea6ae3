import { requestHeaders } from '../bucket/headers.ts';
import type { Checked } from '../bucket/refusals.ts';
import type { BucketRequest, Failure, FlatHeaders, Outcome, Reply, Sink } from '../bucket/transport.ts';
import { cachedAnswer } from './answers.ts';
import type { Authorized } from './bucket.ts';
import { type AtBucket, enterBucket, leaveBucket } from './bucket-part.ts';
import { clientRequest } from './client-request.ts';
import { type Made, makeHead, type Routed } from './context.ts';
import { errorReply, refuseAsStore } from './error-reply.ts';
import { asksForRules } from './management/asked.ts';
import { isKeyRefused, refuseOwnKey, secretsOf, withoutEchoes } from './own-key.ts';
import { report } from './report.ts';
import { pathOf } from './route.ts';

/**
 * Forwards a request to its bucket, with the edge's own signature if the bucket has an `authorize`. The transport streams
 * the response under the head that the sink returns.
 */
export function forward(request: Routed): Response | Promise<Response> {
  const { authorize } = request.bucket;
  const sent = requestFor(request);
  if (authorize === undefined) return send(request, sent);
  const proceed = (checked: Checked<Authorized>): Response | Promise<Response> =>
    checked.ok ? send(request, checked.value) : refuseAsStore(request, checked.refusal);
  const checked = authorize(sent, clientRequest(request), request.inForce);
  return checked instanceof Promise ? checked.then(proceed) : proceed(checked);
}

const send = (request: Routed, sent: Authorized): Response | Promise<Response> =>
  request.exchange.transport(request.bucket, sent, new ObjectSink(request, sent));

/** The request as the bucket gets it from a client that signs for itself. */
function requestFor({ bucket, exchange, target, head, options }: Routed): BucketRequest {
  const { address, keepHost = false, trustForwarded = false, forwarded = 'all' } = bucket;
  return {
    method: exchange.method,
    target,
    headers: requestHeaders(exchange.headers, {
      host: keepHost && head.host !== '' ? head.host : address.host,
      clientHost: head.host,
      peer: exchange.peer,
      trustForwarded,
      forwarded,
      edgeId: options.edgeId,
    }),
    body: exchange.body,
  };
}

/** A class: one for each request, without a closure for each function (docs/decisions/0018-own-transport.md). */
class ObjectSink implements Sink {
  readonly underway: Sink['underway'];
  readonly #request: Routed;
  readonly #sent: Authorized;
  readonly #atBucket: AtBucket;
  #made: Made | undefined;

  constructor(request: Routed, sent: Authorized) {
    this.#request = request;
    this.#sent = sent;
    this.#atBucket = enterBucket(request);
    this.underway = this.#atBucket.underway;
  }

  before(status: number): Promise<void> | null {
    const request = this.#request;
    return status >= 200 && status < 300 && (writesRules(request) || changesBucket(request))
      ? request.bucket.rules.refresh(request.exchange.background)
      : null;
  }

  head(status: number, headers: FlatHeaders): FlatHeaders | Reply {
    this.#atBucket.status = status;
    try {
      return this.#sent.ownKey ? this.#screen(status, headers) : this.#pass(status, headers);
    } catch (error) {
      // The transport cannot distinguish the edge's own error from an invalid response, so report it here.
      this.#request.options.onError(error);
      throw error;
    }
  }

  #pass(status: number, headers: FlatHeaders): FlatHeaders {
    const request = this.#request;
    this.#made = makeHead(request, cachedAnswer(request.inForce.rules, request.head), status, headers, null);
    return this.#made.headers;
  }

  #screen(status: number, headers: FlatHeaders): FlatHeaders | Reply {
    const clean = withoutEchoes(headers, secretsOf(this.#sent));
    if (!isKeyRefused(status)) return this.#pass(status, clean);
    const refused = refuseOwnKey(this.#request, status, clean);
    this.#made = refused.made;
    return refused.reply;
  }

  answered(): void {
    this.#atBucket.answeredAt ??= this.#request.options.now();
  }

  fail(failure: Failure): Reply {
    const failed = errorReply(this.#request, failure);
    this.#made = failed.made;
    this.#atBucket.answeredAt ??= failed.made.madeAt;
    return failed.reply;
  }

  end(outcome: Outcome): void {
    const request = this.#request;
    const part = leaveBucket(this.#atBucket, request, outcome);
    const ended = this.#made ?? nothingSent(request, outcome);
    const refused = ended.refusedKey !== undefined && outcome.failure === null;
    const reported = refused ? { ...outcome, cause: keyRefused(ended.refusedKey) } : outcome;
    report(request, ended, reported, part);
  }
}

const keyRefused = (status: number | undefined): string =>
  `the bucket answered ${status} to a request that the edge signed`;

/** Makes the record of a request whose client disconnected before any response. */
const nothingSent = (request: Routed, { failure }: Outcome): Made => ({
  ...errorReply(request, failure ?? 'InternalError').made,
  status: null,
});

/** Parameters of a presigned URL, and the names of operations that an SDK adds. All others are subresources. */
const BESIDE_RESOURCE =
  /^(?:|x-[^=]*|signature|expires|ossaccesskeyid|awsaccesskeyid|security-token)(?:=|$)/i;

/** Whether a request is for a bucket itself, without a subresource. */
function isForBucket({ key }: Routed): boolean {
  const path = pathOf(key);
  const parameters = key.slice(path.length + 1).split('&');
  return path === '/' && parameters.every((parameter) => BESIDE_RESOURCE.test(parameter));
}

/** Whether a request creates its bucket if it is missing. */
export const createsBucket = (request: Routed): boolean =>
  request.exchange.method === 'PUT' && isForBucket(request);

/** Whether a request creates or deletes a bucket that a client named. */
const changesBucket = (request: Routed): boolean =>
  request.bucket.ofStore !== undefined &&
  (request.exchange.method === 'PUT' || request.exchange.method === 'DELETE') &&
  isForBucket(request);

/** Whether a request is a client's PUT or DELETE of the bucket's rules. */
const writesRules = (request: Routed): boolean =>
  (request.exchange.method === 'PUT' || request.exchange.method === 'DELETE') && asksForRules(request);
