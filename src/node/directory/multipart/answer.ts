import { checkDigest, type Digests, promisedDigest } from '../digest.ts';
import { readXml } from '../document.ts';
import { answerEmpty, answerXml, type Exchange, setETag, urlOf } from '../exchange.ts';
import { queryOf } from '../parameters.ts';
import { payloadOf } from '../payload.ts';
import { placeOf } from '../place.ts';
import { refusal } from '../refusal.ts';
import { writeObject } from '../store.ts';
import { documentOf, element } from '../xml.ts';
import { listedParts, readNumber } from './completed.ts';
import { compositeOf, joinParts, type Part } from './parts.ts';
import type { Uploads } from './uploads.ts';

/** Where an upload in parts belongs. */
export interface UploadOf {
  readonly root: string;
  readonly bucket: string;
  /** What an edge in front removes from targets. */
  readonly prefix: string;
  readonly digests: Digests;
  readonly uploads: Uploads;
  readonly key: string;
}

/** 10,000 parts, each with a number and an ETag. */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;
const MOST = 1000;

/** Answers `POST /key?uploads`. */
export async function initiate(exchange: Exchange, { uploads, bucket, key }: UploadOf): Promise<void> {
  await uploads.removeOld();
  const id = await uploads.create(key);
  const lines = [element('Bucket', bucket), element('Key', key), element('UploadId', id)];
  const { namespace } = exchange.protocol;
  answerXml(exchange, 200, documentOf('InitiateMultipartUploadResult', namespace, lines));
}

/** Answers `PUT /key?partNumber=1&uploadId=…`. */
export async function storePart(exchange: Exchange, id: string, { uploads, key }: UploadOf): Promise<void> {
  const { request, protocol } = exchange;
  if ((request.headers['x-amz-copy-source'] ?? request.headers['x-oss-copy-source']) !== undefined)
    throw refusal('NotImplemented', 'The directory bucket copies no objects.');
  const number = readNumber(queryOf(request.url ?? '').get('partNumber'));
  const promised = promisedDigest(request.headers['content-md5']);
  const check = (digest: string) => checkDigest(promised, digest, protocol.dialect);
  const digest = await uploads.write(id, key, { number, stream: payloadOf(exchange), check });
  setETag(exchange, digest);
  answerEmpty(exchange, 200);
}

/** Answers `POST /key?uploadId=…`. The parts are removed when the object is complete. */
export async function complete(exchange: Exchange, id: string, upload: UploadOf): Promise<void> {
  const { root, bucket, digests, uploads, key } = upload;
  const { protocol } = exchange;
  const document = await readXml(exchange, 'CompleteMultipartUpload', MAX_DOCUMENT_BYTES);
  const parts = listedParts(document, await uploads.parts(id, key), protocol.smallestPart);
  const composite = compositeOf(parts);
  const place = placeOf(root, key.split('/'));
  await writeObject(place, digests, { stream: joinParts(parts), composite });
  await uploads.remove(id);
  setETag(exchange, composite);
  const lines = [
    element('Location', urlOf(exchange, upload.prefix, key)),
    element('Bucket', bucket),
    element('Key', key),
    element('ETag', protocol.etag(composite)),
  ];
  answerXml(exchange, 200, documentOf('CompleteMultipartUploadResult', protocol.namespace, lines));
}

/** Answers `DELETE /key?uploadId=…`. */
export async function abort(exchange: Exchange, id: string, { uploads, key }: UploadOf): Promise<void> {
  await uploads.parts(id, key);
  await uploads.remove(id);
  answerEmpty(exchange, 204);
}

/** The most rows of a listing that a client asks for. */
function mostOf(text: string | undefined, name: string, least: number, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  if (/^\d{1,10}$/.test(text) && Number(text) >= least) return Math.min(Number(text), MOST);
  throw refusal('InvalidArgument', `Argument ${name} must be an integer from ${least} on.`);
}

/** Answers `GET /key?uploadId=…`. */
export async function listParts(exchange: Exchange, id: string, upload: UploadOf): Promise<void> {
  const { uploads, bucket, key } = upload;
  const { protocol, request } = exchange;
  const query = queryOf(request.url ?? '');
  const max = mostOf(query.get('max-parts'), 'max-parts', 1, MOST);
  const after = mostOf(query.get('part-number-marker'), 'part-number-marker', 0, 0);
  const later = (await uploads.parts(id, key)).filter(({ number }) => number > after);
  const page = later.slice(0, max);
  const isTruncated = later.length > max;
  const lines = [
    element('Bucket', bucket),
    element('Key', key),
    element('UploadId', id),
    element('PartNumberMarker', after),
    element('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    element('MaxParts', max),
    element('IsTruncated', String(isTruncated)),
    ...page.map((part) => partElement(part, protocol.etag)),
  ];
  answerXml(exchange, 200, documentOf('ListPartsResult', protocol.namespace, lines));
}

const partElement = ({ number, digest, size, modified }: Part, etag: (digest: string) => string): string =>
  `<Part>${[
    element('PartNumber', number),
    element('LastModified', modified.toISOString()),
    element('ETag', etag(digest)),
    element('Size', size),
  ].join('')}</Part>`;

/** Answers `GET /?uploads`. */
export async function listUploads(
  exchange: Exchange,
  { uploads, bucket }: Omit<UploadOf, 'key'>,
): Promise<void> {
  const { protocol, request } = exchange;
  const query = queryOf(request.url ?? '');
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const max = mostOf(query.get('max-uploads'), 'max-uploads', 1, MOST);
  const all = (await uploads.list()).filter(({ key }) => key.startsWith(prefix));
  const at =
    keyMarker === '' ? -1 : all.findLastIndex(({ id, key }) => isBefore({ id, key }, keyMarker, idMarker));
  const later = all.slice(at + 1);
  const page = later.slice(0, max);
  const last = later.length > max ? page.at(-1) : undefined;
  const lines = [
    element('Bucket', bucket),
    element('KeyMarker', keyMarker),
    element('UploadIdMarker', idMarker),
    element('Prefix', prefix),
    element('NextKeyMarker', last?.key ?? ''),
    element('NextUploadIdMarker', last?.id ?? ''),
    element('MaxUploads', max),
    element('IsTruncated', String(last !== undefined)),
    ...page.map(
      ({ id, key, initiated }) =>
        `<Upload>${element('Key', key)}${element('UploadId', id)}${element('Initiated', initiated.toISOString())}</Upload>`,
    ),
  ];
  answerXml(exchange, 200, documentOf('ListMultipartUploadsResult', protocol.namespace, lines));
}

/** Whether an upload belongs to the pages up to the markers. */
const isBefore = (
  { id, key }: { readonly id: string; readonly key: string },
  keyMarker: string,
  idMarker: string,
): boolean => {
  const order = Buffer.compare(Buffer.from(key), Buffer.from(keyMarker));
  return order < 0 || (order === 0 && (idMarker === '' || id === idMarker));
};
