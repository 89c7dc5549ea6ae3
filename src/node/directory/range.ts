import type { IncomingHttpHeaders } from 'node:http';
import type { Dialect } from '../../cors/behaviour.ts';

/**
 * The Range header to apply to an object of `size` bytes; undefined: send the whole object. That is so for several ranges,
 * a malformed one, a weak If-Range and other methods than GET (RFC 9110 §14.2). OSS also ignores a range that reaches beyond
 * the object, unless the request has `x-oss-range-behavior: standard`, which follows RFC 9110.
 * https://www.alibabacloud.com/help/en/oss/how-to-obtain-oss-resources-by-segmenting-http-range-requests
 */
export function rangeToApply(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  size: number,
  dialect: Dialect = 'oss',
): string | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(headers.range?.trim() ?? '');
  if (method !== 'GET' || !parts || String(headers['if-range']).startsWith('W/')) return undefined;
  const [, first = '', last = ''] = parts;
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;

  const standard = dialect === 's3' || headers['x-oss-range-behavior'] === 'standard';
  if (first === '') {
    const length = Number(last);
    if (length > 0 && length <= size) return `bytes=-${last}`;
    if (!standard) return undefined;
    return length > 0 && size > 0 ? 'bytes=0-' : 'bytes=-0';
  }
  const within = Number(first) < size && (last === '' || Number(last) < size);
  return within || standard ? `bytes=${first}-${last}` : undefined;
}
