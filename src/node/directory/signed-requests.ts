import type { IncomingMessage } from 'node:http';
import type { Digests } from './digest.ts';
import { answerEmpty, answerXml, type Exchange } from './exchange.ts';
import { storeForm } from './form/answer.ts';
import { listObjects } from './list/answer.ts';
import {
  abort,
  complete,
  initiate,
  listParts,
  listUploads,
  storePart,
  type UploadOf,
} from './multipart/answer.ts';
import type { Uploads } from './multipart/uploads.ts';
import type { Target } from './names.ts';
import { pathOf, queryOf } from './parameters.ts';
import { removeObjects } from './remove-many.ts';
import type { Keys } from './signature.ts';
import { documentOf } from './xml.ts';

interface SignedBucket {
  readonly root: string;
  readonly digests: Digests;
  readonly uploads: Uploads;
  readonly keys: Keys;
}

/** Whether a request is the upload of a form to the bucket, which is signed in its fields. */
export const isForm = ({ method, headers, url = '' }: IncomingMessage): boolean =>
  method === 'POST' &&
  /^multipart\/form-data\b/i.test(headers['content-type'] ?? '') &&
  /^(?:https?:\/\/[^/?]*)?\/?$/i.test(pathOf(url)) &&
  !url.includes('?');

type Work = () => Promise<void> | void;

/** What a request asks of the bucket itself; undefined: nothing that needs keys. */
function ofBucket(exchange: Exchange, { subresource }: Target, bucket: SignedBucket): Work | undefined {
  const { request, protocol } = exchange;
  const listed = { ...bucket, ...bucket.keys };
  const asked = `${request.method} ${subresource ?? ''}`.trimEnd();
  switch (asked) {
    case 'GET':
      return () => listObjects(exchange, listed);
    case 'HEAD':
      return () => answerEmpty(exchange, 200);
    case 'POST':
      return isForm(request) ? () => storeForm(exchange, bucket) : undefined;
    case 'GET uploads':
      return () => listUploads(exchange, listed);
    case 'POST delete':
      return () => removeObjects(exchange, bucket.root, bucket.digests);
    case 'GET location':
      // Clients of S3 ask for the region before their first request. Any region is right here, and none means us-east-1.
      return protocol.dialect === 's3'
        ? () => answerXml(exchange, 200, documentOf('LocationConstraint', protocol.namespace, []))
        : undefined;
    default:
      return undefined;
  }
}

/** The same of an object. */
function ofObject(
  exchange: Exchange,
  { subresource, segments }: Target,
  bucket: SignedBucket,
): Work | undefined {
  const { method, url = '' } = exchange.request;
  const upload: UploadOf = { ...bucket, ...bucket.keys, key: segments.join('/') };
  if (subresource === 'uploads' && method === 'POST') return () => initiate(exchange, upload);
  if (subresource !== 'uploadId') return undefined;
  const id = queryOf(url).get('uploadId') ?? '';
  switch (method) {
    case 'PUT':
      return () => storePart(exchange, id, upload);
    case 'POST':
      return () => complete(exchange, id, upload);
    case 'GET':
      return () => listParts(exchange, id, upload);
    case 'DELETE':
      return () => abort(exchange, id, upload);
    default:
      return undefined;
  }
}

/** Answers what only a bucket with keys does: listings, uploads in parts and by forms. Returns whether it has. */
export async function signedRequests(
  exchange: Exchange,
  target: Target,
  bucket: SignedBucket,
): Promise<boolean> {
  const work =
    target.segments.length === 0 ? ofBucket(exchange, target, bucket) : ofObject(exchange, target, bucket);
  await work?.();
  return work !== undefined;
}
