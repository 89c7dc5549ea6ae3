import type { Answer, Loaded, Validators } from '../source.ts';

/** The headers of a conditional request (RFC 9110 §13.1); empty without validators. */
export const conditions = ({ etag, lastModified }: Validators = {}): readonly string[] => [
  ...(etag === undefined ? [] : ['If-None-Match', etag]),
  ...(lastModified === undefined ? [] : ['If-Modified-Since', lastModified]),
];

/**
 * `unchanged` for a 304 to a conditional request, and for a 200 with the same text; otherwise the result of `read`, which
 * is expensive. A 304 to an unconditional request is left to `read`.
 */
export function unlessUnchanged(
  answer: Answer,
  previous: Validators | undefined,
  read: () => Loaded,
): Loaded {
  if (answer.status === 304 && conditions(previous).length > 0) return { outcome: 'unchanged' };
  if (answer.status !== 200) return read();
  const { text } = answer;
  const loaded: Loaded = text === previous?.text ? { outcome: 'unchanged' } : read();
  if (loaded.outcome !== 'rules' && loaded.outcome !== 'unchanged') return loaded;
  const etag = answer.headers.get('etag');
  const lastModified = answer.headers.get('last-modified');
  return { ...loaded, validators: { text, ...(etag && { etag }), ...(lastModified && { lastModified }) } };
}
