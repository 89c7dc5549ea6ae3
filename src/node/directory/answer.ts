import type { Verified } from '../../bucket/verify/verify.ts';
import type { AnswersTo } from '../reach.ts';
import type { Digests } from './digest.ts';
import { answerRefusal, type Exchange, identify, methodNotAllowed } from './exchange.ts';
import type { Uploads } from './multipart/uploads.ts';
import { readTarget, type Target } from './names.ts';
import { placeOf } from './place.ts';
import { refusal } from './refusal.ts';
import { manageRules } from './rules.ts';
import { serveObject } from './serve.ts';
import { checkSignature, type Keys } from './signature.ts';
import { isForm, signedRequests } from './signed-requests.ts';
import { removeObject, storeObject } from './store.ts';

/** A folder that is served as a bucket. */
export interface DirectoryBucket {
  /** The folder's real path. */
  readonly root: string;
  readonly rulesFile: string;
  readonly rulesWritable: boolean;
  readonly digests: Digests;
  readonly uploads: Uploads;
  /** The keys that requests must be signed with; undefined: requests are not checked. */
  readonly keys?: Keys | undefined;
  readonly answersTo: AnswersTo;
}

const HOST_REFUSED =
  'A directory bucket without keys is served under localhost, loopback addresses and its own hosts.';

const METHODS = 'GET, HEAD, PUT, DELETE';

const notImplemented = (what: string) => refusal('NotImplemented', `The directory bucket does not ${what}.`);

/** The refusal of a request for the bucket itself, which cannot be listed, made or removed. */
function refuseBucket(method: string | undefined) {
  if (method === 'PUT' || method === 'DELETE') return notImplemented('make or remove buckets');
  if (method === 'POST') return notImplemented('take forms or batch requests');
  return method === 'GET' || method === 'HEAD'
    ? notImplemented('list its objects')
    : methodNotAllowed(METHODS);
}

function answerObject(exchange: Exchange, target: Target, bucket: DirectoryBucket): Promise<void> {
  const place = placeOf(bucket.root, target.segments);
  switch (exchange.request.method) {
    case 'GET':
    case 'HEAD':
      return serveObject(exchange, place, bucket.digests);
    case 'PUT':
      return storeObject(exchange, place, bucket.digests);
    case 'DELETE':
      return removeObject(exchange, place, bucket.digests);
    case 'POST':
      throw notImplemented('append to objects');
    default:
      throw methodNotAllowed(METHODS);
  }
}

async function route(exchange: Exchange, bucket: DirectoryBucket): Promise<void> {
  const { method, url = '' } = exchange.request;
  const target = readTarget(url);
  const ofBucket = target.segments.length === 0;
  if (target.subresource === 'cors' && ofBucket)
    return manageRules(exchange, bucket.rulesFile, bucket.rulesWritable);
  if (method === 'OPTIONS') throw methodNotAllowed(METHODS);
  const { keys } = bucket;
  if (keys && (await signedRequests(exchange, target, { ...bucket, keys }))) return;
  if (target.subresource)
    throw notImplemented(`know ?${target.subresource} of ${ofBucket ? 'a bucket' : 'an object'}`);
  if (ofBucket) throw refuseBucket(method);
  return answerObject(exchange, target, bucket);
}

/** What the signature says; null: the request needs none in its head. */
async function checkSigned({ request }: Exchange, { keys }: DirectoryBucket): Promise<Verified | null> {
  // Browsers cannot sign preflights, and OSS and S3 do not check them. A form has its signature in its fields.
  if (!keys || request.method === 'OPTIONS' || isForm(request)) return null;
  return checkSignature(request, keys);
}

/** Answers one request. Never rejects; resolves when the response and the files are done. */
export async function answer(exchange: Exchange, bucket: DirectoryBucket): Promise<void> {
  identify(exchange);
  try {
    const { host = '' } = exchange.request.headers;
    if (!bucket.answersTo(host)) throw refusal('AccessDenied', HOST_REFUSED);
    await route({ ...exchange, signed: await checkSigned(exchange, bucket) }, bucket);
  } catch (error) {
    answerRefusal(exchange, error);
  }
}
