import type { CompiledRules } from '../../cors/compile.ts';
import { preflightCommand } from '../ask.ts';
import type { Note } from '../target.ts';
import type { CorsRoute } from './filter.ts';

const notesFor = (rules: CompiledRules): readonly Note[] => [
  {
    about:
      'The export is of the grade "same verdict": the Gateway API leaves open whether a refused preflight has the status 200, 204 or 403, whether answers name the origin or `*`, and whether Allow-Methods and Allow-Headers list what was asked or everything.',
  },
  {
    about:
      'The CORS filter is an extended feature (HTTPRouteCORS), in the standard channel since v1.5. A gateway that does not implement it may accept the route and let preflights through to the bucket, as Cilium did before 1.20 (https://github.com/cilium/cilium/issues/45272).',
    command: preflightCommand(rules),
  },
  {
    about:
      "The API does not say what becomes of the bucket's own CORS headers, nor of an OPTIONS that is no preflight. The route removes Origin from what the bucket sees, so that it sends no such headers; order of filters is a recommendation only.",
  },
];

const BY_METHOD: Note = {
  about:
    'A CORS filter always allows GET, HEAD and POST. The rules do not, so the route has a rule for each filter with the methods that it is for, by the extended feature HTTPRouteMethodMatching; preflights for other methods reach the bucket, which refuses them because it sees no Origin.',
};

/** What an operator must know about a route. */
export const notesOf = (rules: CompiledRules, routes: readonly CorsRoute[]): readonly Note[] => [
  ...notesFor(rules),
  ...(routes.some(({ methods }) => methods !== null) ? [BY_METHOD] : []),
];
