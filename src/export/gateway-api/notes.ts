import type { Note } from '../target.ts';

/** What an operator must know about every export. */
export const NOTES: readonly Note[] = [
  {
    about:
      'The export is of the grade "same verdict": the Gateway API leaves open whether a refused preflight has the status 200, 204 or 403, whether answers name the origin or `*`, and whether Allow-Methods and Allow-Headers list what was asked or everything.',
  },
  {
    about:
      'The CORS filter is an extended feature (HTTPRouteCORS), in the standard channel since v1.5. A gateway that does not implement it may accept the route and let preflights through to the bucket, as Cilium did before 1.20 (https://github.com/cilium/cilium/issues/45272).',
    command: 'bucket-cors doctor https://DOMAIN',
  },
  {
    about:
      "The API does not say what becomes of the bucket's own CORS headers, nor of an OPTIONS that is no preflight. The route removes Origin from what the bucket sees, so that it sends no such headers; order of filters is a recommendation only.",
  },
];
