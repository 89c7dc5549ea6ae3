import { isReady, type Readiness, type ReadinessFacts, readiness, serving } from './ready.ts';

/** What platforms ask every few seconds: the targets as they are written. */
export type Probe = '/healthz' | '/readyz' | '/readyz?serving';

export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly body: Readiness | { readonly status: string };
}

/** Returns the answer to a probe. */
export const probesOf =
  (facts: ReadinessFacts) =>
  (probe: Probe): ProbeAnswer => {
    if (probe === '/healthz') return (facts.answering?.() ?? true) ? ALIVE : SILENT;
    const body = probe === '/readyz' ? readiness(facts) : serving(facts);
    return { status: isReady(body) ? 200 : 503, body };
  };

const ALIVE: ProbeAnswer = { status: 200, body: { status: 'alive' } };
const SILENT: ProbeAnswer = { status: 503, body: { status: 'no worker process answers' } };

const PROBES: readonly string[] = ['/healthz', '/readyz', '/readyz?serving'] satisfies Probe[];

/** Whether a request target is a probe. */
export const isProbe = (target: string): target is Probe => PROBES.includes(target);
