import type { Digests } from '../digest.ts';
import { answerXml, type Exchange } from '../exchange.ts';
import { queryOf } from '../parameters.ts';
import { openObject, placeOf } from '../place.ts';
import type { Protocol } from '../protocol.ts';
import { documentOf, element } from '../xml.ts';
import { type Page, pageOf } from './page.ts';
import { type ListQuery, readListQuery, tokenOf } from './query.ts';
import { walk } from './walk.ts';

/** The folder that is listed, and the name that answers give it. */
export interface Listed {
  readonly root: string;
  readonly bucket: string;
  readonly digests: Digests;
}

const OWNER = '<Owner><ID>0</ID><DisplayName>0</DisplayName></Owner>';

/** The element of one object; null: it has been removed meanwhile. */
async function contentsOf(
  key: string,
  { root, digests }: Listed,
  { etag, dialect }: Protocol,
  { withOwner, isEncoded }: ListQuery,
): Promise<string | null> {
  const place = placeOf(root, key.split('/'));
  const handle = await openObject(place);
  if (!handle) return null;
  try {
    const stat = await handle.stat({ bigint: true });
    const parts = [
      element('Key', isEncoded ? encoded(key) : key),
      element('LastModified', stat.mtime.toISOString()),
      element('ETag', etag(await digests.of(place.path, handle, stat))),
      ...(dialect === 'oss' ? [element('Type', 'Normal')] : []),
      element('Size', String(stat.size)),
      element('StorageClass', dialect === 'oss' ? 'Standard' : 'STANDARD'),
      ...(withOwner ? [OWNER] : []),
    ];
    return `<Contents>${parts.join('')}</Contents>`;
  } finally {
    await handle.close();
  }
}

/** As stores write it: the slashes stay, and a blank is no `+`, which some clients do not decode. */
const encoded = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/');

function headOf(query: ListQuery, page: Page, bucket: string): readonly string[] {
  const { isEncoded, version, delimiter, marker, token, startAfter } = query;
  const shown = (text: string) => (isEncoded ? encoded(text) : text);
  const given = (name: string, text: string | undefined) => (text ? [element(name, text)] : []);
  const next = page.next;
  return [
    element('Name', bucket),
    element('Prefix', shown(query.prefix)),
    ...(version === 1 ? [element('Marker', shown(marker ?? ''))] : given('ContinuationToken', token)),
    ...(version === 2 && startAfter ? [element('StartAfter', shown(startAfter))] : []),
    element('MaxKeys', query.max),
    ...(delimiter === '' ? [] : [element('Delimiter', shown(delimiter))]),
    ...(isEncoded ? [element('EncodingType', 'url')] : []),
    ...(version === 2 ? [element('KeyCount', page.keys.length + page.groups.length)] : []),
    element('IsTruncated', String(next !== null)),
    ...(next === null ? [] : [nextOf(version, next, shown)]),
  ];
}

const nextOf = (version: 1 | 2, next: string, shown: (text: string) => string): string =>
  version === 2 ? element('NextContinuationToken', tokenOf(next)) : element('NextMarker', shown(next));

/** Answers `GET /`: ListObjects and ListObjectsV2. */
export async function listObjects(exchange: Exchange, listed: Listed): Promise<void> {
  const { request, protocol } = exchange;
  const query = readListQuery(queryOf(request.url ?? ''), protocol.dialect);
  const page = await pageOf(walk(listed.root, query), query);
  const contents: string[] = [];
  for (const key of page.keys) {
    const found = await contentsOf(key, listed, protocol, query);
    if (found !== null) contents.push(found);
  }
  const groups = page.groups.map(
    (group) =>
      `<CommonPrefixes>${element('Prefix', query.isEncoded ? encoded(group) : group)}</CommonPrefixes>`,
  );
  const lines = [...headOf(query, page, listed.bucket), ...contents, ...groups];
  answerXml(exchange, 200, documentOf('ListBucketResult', protocol.namespace, lines));
}
