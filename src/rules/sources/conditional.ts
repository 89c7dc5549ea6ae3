import type { Answer, Loaded, Validators } from '../source.ts';

/** The request headers that ask only for what has changed since; none where nothing is known to compare with. */
export const conditions = ({ etag, lastModified }: Validators = {}): readonly string[] => [
  ...(etag === undefined ? [] : ['If-None-Match', etag]),
  ...(lastModified === undefined ? [] : ['If-Modified-Since', lastModified]),
];

/**
 * What an answer brings, given what the one before it gave. A 304 says that nothing has changed where that was asked,
 * and means nothing elsewhere; a 200 with the same text says so too, and `read`, which is what costs, is not called.
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
