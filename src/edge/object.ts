import { requestHeaders } from '../bucket/headers.ts';
import type { BucketRequest, Outcome, Sink } from '../bucket/transport.ts';
import { answerTo } from './answers.ts';
import { type Made, makeHead, type Served, tell } from './context.ts';
import { errorReply } from './error-reply.ts';
import { type Bucket, pathOf } from './route.ts';

/** Sends a request on to its bucket; what comes back is streamed by the rim under the head made here. */
export function forward(served: Served, bucket: Bucket): Response | Promise<Response> {
  const { exchange, target, facts, options } = served;
  const { address, keepHost = false, trustForwarded = false, forwarded = 'all', sign } = bucket;
  const request: BucketRequest = {
    method: exchange.method,
    target,
    headers: requestHeaders(exchange.headers, {
      host: keepHost && facts.host !== '' ? facts.host : address.host,
      clientHost: facts.host,
      peer: exchange.peer,
      trustForwarded,
      forwarded,
      edgeId: options.edgeId,
    }),
    body: exchange.body,
  };
  const sink = sinkFor(served, bucket);
  const signed = sign === undefined ? request : sign(request);
  return signed instanceof Promise
    ? signed.then((ready) => exchange.transport(bucket, ready, sink))
    : exchange.transport(bucket, signed, sink);
}

function sinkFor(served: Served, bucket: Bucket): Sink {
  let made: Made | undefined;
  return {
    head: (status, headers) => {
      try {
        if (status >= 200 && status < 300 && writesRules(served)) {
          bucket.rules.refresh(served.exchange.background);
        }
        made = makeHead(served, answerTo(served.inForce.rules, served.facts), status, headers, null);
      } catch (error) {
        // A rim can't tell it from what it was given by the bucket.
        served.options.onError(error);
        throw error;
      }
      return made.headers;
    },
    fail: (failure) => {
      const failed = errorReply(served, failure);
      made = failed.made;
      return failed.reply;
    },
    end: (outcome) => tell(served, made ?? nothingSent(served, outcome), outcome),
  };
}

/** The client left before there was anything to send. */
const nothingSent = (served: Served, { failure }: Outcome): Made => ({
  ...errorReply(served, failure ?? 'InternalError').made,
  status: null,
});

/** A client's own PUT or DELETE of the bucket's rules (`/?cors`). */
function writesRules({ exchange: { method }, key }: Served): boolean {
  if (method !== 'PUT' && method !== 'DELETE') return false;
  const path = pathOf(key);
  if (path !== '/') return false;
  return key
    .slice(path.length + 1)
    .split('&')
    .some((parameter) => parameter === 'cors' || parameter === 'cors=');
}
