import type { Answer, Loaded, Validators } from './source.ts';

/** The request headers that ask only for what has changed since; none where nothing is known to compare with. */
export const conditions = ({ etag, lastModified }: Validators = {}): readonly string[] => [
  ...(etag === undefined ? [] : ['If-None-Match', etag]),
  ...(lastModified === undefined ? [] : ['If-Modified-Since', lastModified]),
];

/** True where an answer says that nothing has changed, and was asked that: any other 304 means nothing. */
export const isUnchanged = ({ status }: Answer, previous: Validators | undefined): boolean =>
  status === 304 && conditions(previous).length > 0;

/** Rules together with the validators of the answer they came in; any other outcome as it is. */
export function withValidators(loaded: Loaded, { headers }: Answer): Loaded {
  if (loaded.outcome !== 'rules') return loaded;
  const etag = headers.get('etag');
  const lastModified = headers.get('last-modified');
  if (!etag && !lastModified) return loaded;
  return { ...loaded, validators: { ...(etag && { etag }), ...(lastModified && { lastModified }) } };
}
