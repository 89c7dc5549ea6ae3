import type { Exchange } from '../bucket/transport.ts';
import type { Result } from '../document/fault.ts';
import { refreshAll } from '../rules/refresh.ts';
import { edgeOf } from './edge.ts';
import { openExchange } from './exchange.ts';
import type { OpenedEdge } from './open.ts';
import type { Context, Env } from './platform.ts';
import { refuseAll } from './refuse-all.ts';

/** The Request for Hono, the same for all requests: the edge works on the exchange. */
const FORMAL = new Request('http://edge/');

/** The edge as a Worker; its variables and bindings are in wrangler.toml. */
export default {
  fetch(request: Request, env: Env, context: Context): Response | Promise<Response> {
    const background = backgroundOf(context);
    const opened = edgeOf(env, background);
    return opened instanceof Promise
      ? opened.then((edge) => serve(request, edge, background))
      : serve(request, opened, background);
  },

  /** Loads the rules of all buckets into KV, for isolates that start later. */
  async scheduled(_event: unknown, env: Env, context: Context): Promise<void> {
    const edge = await edgeOf(env, backgroundOf(context));
    if (edge.ok) await refreshAll(edge.value.cache, edge.value.ruled);
  },
};

/** Background work logs its own failures. */
const backgroundOf =
  (context: Context): Exchange['background'] =>
  (work) =>
    context.waitUntil(work.catch(() => {}));

function serve(
  request: Request,
  opened: Result<OpenedEdge, string>,
  background: Exchange['background'],
): Response | Promise<Response> {
  if (!opened.ok) return refuseAll(request, opened.faults);
  const edge = opened.value;
  const answering = edge.admin?.(request) ?? null;
  if (answering === null) return serveObject(request, edge, background);
  return answering.then((answered) => answered ?? serveObject(request, edge, background));
}

function serveObject(
  request: Request,
  { app, names, passCfHeaders, watched }: OpenedEdge,
  background: Exchange['background'],
): Response | Promise<Response> {
  const { exchange, answer } = openExchange(request, { names, passCfHeaders, watched, background });
  const given = app.fetch(FORMAL, { exchange });
  return given instanceof Promise ? given.then(answer) : answer(given);
}
