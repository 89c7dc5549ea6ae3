import type { CompiledRules } from '../../cors/compile.ts';
import type { Compiled, ExportOptions, Target } from '../target.ts';
import { exactFilter, narrowerFilter } from './compile.ts';
import { NOTES } from './notes.ts';
import { readRoute } from './read.ts';
import { writeRoute } from './write.ts';

/** The CORS filter of the Kubernetes Gateway API: one list of origins, methods and headers for all. */
export const gatewayApi: Target = {
  name: 'gateway-api',
  about: 'Kubernetes Gateway API: an HTTPRoute with the CORS filter.',
  formats: ['config'],
  audited: 'An HTTPRoute as `kubectl get httproute NAME -o json` prints it, or the exported file.',
  compile,
  read: readRoute,
};

function compile(rules: CompiledRules, options: ExportOptions): Compiled {
  const exact = exactFilter(rules);
  const found = 'lost' in exact ? exact : options.allowNarrower ? narrowerFilter(rules) : null;
  if (found === null) return { ok: false, refused: 'lost' in exact ? [] : exact };
  const { cors, lost, enforced } = found;
  return {
    ok: true,
    files: [writeRoute(rules, cors, options)],
    grade: 'same verdict',
    notes: NOTES,
    enforced,
    lost,
  };
}
