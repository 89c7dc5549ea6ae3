import type { Outcome, Reply } from '../bucket/transport.ts';
import { explain } from '../cors/explain.ts';
import { becauseOfCredentials } from '../cors/explain-credentials.ts';
import { resourceOf } from '../cors/refusal.ts';
import { clientOf, lacksCredentials } from './client.ts';
import { type Arrived, isRouted, labelOf, type Made, rulesFor } from './context.ts';
import type { RequestEvent } from './observe.ts';
import { shownOrigin, withShownOrigin } from './shown-origin.ts';

/** Sends a response that the edge makes itself: a preflight's, a refusal, an error. `cause`: for the event only. */
export const sendReply = (request: Arrived, made: Made, reply: Reply, cause?: string): Response =>
  request.exchange.reply(reply, (outcome) =>
    report(request, made, cause === undefined ? outcome : { ...outcome, cause }),
  );

/** How the bucket answered: its status, and how long it took. */
export interface BucketPart {
  readonly ms: number | null;
  readonly status: number | null;
}

const NOT_ASKED: BucketPart = { ms: null, status: null };

/** Reports how a request ended. */
export function report(request: Arrived, made: Made, outcome: Outcome, part: BucketPart = NOT_ASKED): void {
  const { options } = request;
  try {
    options.observe(new Ended(request, made, outcome, part));
  } catch (error) {
    // The request has ended, so an observer's error does not change it.
    options.onError(error);
  }
}

/**
 * The event of a request. A class: one for each request, and few observers read its functions, which would be closures
 * made for each (docs/decisions/0018-own-transport.md).
 */
class Ended implements RequestEvent {
  declare readonly bucket: RequestEvent['bucket'];
  declare readonly label: RequestEvent['label'];
  declare readonly method: RequestEvent['method'];
  declare readonly path: RequestEvent['path'];
  declare readonly origin: RequestEvent['origin'];
  declare readonly kind: RequestEvent['kind'];
  declare readonly decision: RequestEvent['decision'];
  declare readonly rule: RequestEvent['rule'];
  declare readonly rulesVersion: RequestEvent['rulesVersion'];
  declare readonly status: RequestEvent['status'];
  declare readonly code: RequestEvent['code'];
  declare readonly cause: RequestEvent['cause'];
  declare readonly received: RequestEvent['received'];
  declare readonly sent: RequestEvent['sent'];
  declare readonly headMs: RequestEvent['headMs'];
  declare readonly totalMs: RequestEvent['totalMs'];
  declare readonly requestId: RequestEvent['requestId'];
  declare readonly bucketHadCors: RequestEvent['bucketHadCors'];
  declare readonly asked: RequestEvent['asked'];
  declare readonly refusedKey: RequestEvent['refusedKey'];
  declare readonly bucketMs: RequestEvent['bucketMs'];
  declare readonly bucketStatus: RequestEvent['bucketStatus'];
  declare readonly server: RequestEvent['server'];
  declare readonly secure: RequestEvent['secure'];
  readonly #request: Arrived;
  readonly #made: Made;

  constructor(request: Arrived, made: Made, outcome: Outcome, { ms, status }: BucketPart) {
    const { exchange, head, path, options, arrivedAt } = request;
    const routed = isRouted(request) ? request : null;
    this.bucket = routed?.bucket.name ?? null;
    this.label = routed && labelOf(routed);
    this.method = exchange.method;
    this.path = path;
    this.origin = shownOrigin(head.origin);
    this.kind = routed && made.decision.kind;
    this.decision = routed && made.decision.reason;
    this.rule = made.decision.rule?.number ?? null;
    this.rulesVersion = routed?.inForce.version ?? null;
    this.status = made.status;
    this.code = outcome.failure ?? made.code;
    this.cause = outcome.cause ?? null;
    this.received = outcome.received;
    this.sent = outcome.sent;
    this.headMs = made.status === null ? null : made.madeAt - arrivedAt;
    this.totalMs = options.now() - arrivedAt;
    this.requestId = made.requestId;
    this.bucketHadCors = made.hadCors;
    this.asked =
      exchange.method === 'OPTIONS' ? { method: head.requestMethod, headers: head.requestHeaders } : null;
    this.refusedKey = made.refusedKey;
    this.bucketMs = ms;
    this.bucketStatus = status;
    this.server = routed && (routed.bucket.ofStore?.server ?? routed.bucket.address.base);
    this.secure = exchange.peer.secure;
    this.#request = request;
    this.#made = made;
  }

  get why(): RequestEvent['why'] {
    const { head } = this.#request;
    return () => {
      if (!isRouted(this.#request)) return null;
      const rules = rulesFor(this.#request);
      const sentence = this.lacksCredentials()
        ? becauseOfCredentials(rules, this.#made.decision)
        : explain(rules, head, resourceOf(this.#request.key)).because;
      return withShownOrigin(sentence, head.origin);
    };
  }

  get lacksCredentials(): RequestEvent['lacksCredentials'] {
    const { decision, headers } = this.#made;
    const { exchange, head } = this.#request;
    return () =>
      head.origin !== null &&
      decision.kind === 'actual' &&
      decision.reason === 'matched' &&
      lacksCredentials(exchange.headers, headers);
  }

  get client(): RequestEvent['client'] {
    const { exchange, head } = this.#request;
    const trusts = isRouted(this.#request) && (this.#request.bucket.trustForwarded ?? false);
    return () => clientOf(exchange, head, trusts);
  }
}
