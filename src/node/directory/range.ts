import type { IncomingHttpHeaders } from 'node:http';

/**
 * The Range header that is to be obeyed, or undefined when the whole object is the answer: several ranges, a
 * malformed one, a weak If-Range, another method than GET (RFC 9110 §14.2), or one that reaches beyond the
 * object. The last is what OSS does; with `x-oss-range-behavior: standard` it keeps to RFC 9110 instead.
 * https://www.alibabacloud.com/help/en/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests
 *
 * @param size of the object in bytes
 */
export const rangeToObey = (
  method: string | undefined,
  headers: IncomingHttpHeaders,
  size: number,
): string | undefined => {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(headers.range?.trim() ?? '');
  if (method !== 'GET' || !parts || String(headers['if-range']).startsWith('W/')) return undefined;
  const [, first = '', last = ''] = parts;
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;

  const standard = headers['x-oss-range-behavior'] === 'standard';
  if (first === '') {
    const length = Number(last);
    if (length > 0 && length <= size) return `bytes=-${last}`;
    if (!standard) return undefined;
    return length > 0 && size > 0 ? 'bytes=0-' : 'bytes=-0';
  }
  const within = Number(first) < size && (last === '' || Number(last) < size);
  return within || standard ? `bytes=${first}-${last}` : undefined;
};
