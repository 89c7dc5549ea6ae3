import type { CompiledRules } from '../../cors/compile.ts';
import { DESCRIPTIONS } from '../descriptions.ts';
import type { Compiled, ExportOptions, Target } from '../target.ts';
import { exactRoutes, narrowerRoutes } from './compile.ts';
import { notesOf } from './notes.ts';
import { readRoute } from './read.ts';
import { writeRoute } from './write.ts';

/** The CORS filter of the Kubernetes Gateway API: for each method one list of origins and headers. */
export const gatewayApi: Target = {
  ...DESCRIPTIONS['gateway-api'],
  compile,
  read: readRoute,
};

function compile(rules: CompiledRules, options: ExportOptions): Compiled {
  const exact = exactRoutes(rules);
  const found = 'lost' in exact ? exact : options.allowNarrower ? narrowerRoutes(rules) : null;
  if (found === null) return { ok: false, refused: 'lost' in exact ? [] : exact };
  const { routes, lost, enforced } = found;
  return {
    ok: true,
    files: [writeRoute(rules, routes, options)],
    grade: 'same verdict',
    notes: notesOf(enforced, routes),
    enforced,
    lost,
  };
}
