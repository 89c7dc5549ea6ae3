import { request } from 'undici';

/** A request that the page wants to see on the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, beginning with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WireAnswer {
  readonly status: number;
  /** Every header as it came, in order, repeated ones repeated. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Reading only: what changes the bucket is the page's own business, under the rules. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
const HEADERS = /^(?:origin|range|access-control-request-(?:method|headers)|x-demo-[a-z]+)$/;
const LIMIT_MS = 5_000;

/** Reads a page's wish; answers with a sentence saying what is wrong with it where something is. */
export function readWire(value: unknown): WireRequest | string {
  if (typeof value !== 'object' || value === null) return 'Send a JSON object: { method, path, headers }.';
  const { method, path, headers = {} } = value as Record<string, unknown>;
  if (typeof method !== 'string' || !METHODS.includes(method))
    return `method: ${JSON.stringify(method)}; write one of ${METHODS.join(', ')}.`;
  if (typeof path !== 'string' || !/^\/[!-~]*$/.test(path))
    return `path: ${JSON.stringify(path)}; write a path that begins with / and holds no blanks.`;
  if (typeof headers !== 'object' || headers === null) return 'headers: write an object of names and values.';
  const taken: Record<string, string> = {};
  for (const [name, content] of Object.entries(headers)) {
    if (!HEADERS.test(name) || typeof content !== 'string' || !/^[ -~]*$/.test(content))
      return `headers: ${JSON.stringify(name)} can't be sent from here; leave it out.`;
    taken[name] = content;
  }
  return { method, path, headers: taken };
}

/**
 * Sends a request to the edge and reports the head of the answer. The page needs this because a script never
 * sees `Access-Control-*` headers.
 *
 * @param edge where the edge listens; the path cannot lead anywhere else
 * @throws when the edge can't be reached or does not answer within five seconds
 */
export async function wire(edge: string, { method, path, headers }: WireRequest): Promise<WireAnswer> {
  // Put together as text: `new URL('//elsewhere/', edge)` would leave the edge.
  const answer = await request(`${edge.replace(/\/+$/, '')}${path}`, {
    method: method as 'GET' | 'HEAD' | 'OPTIONS',
    headers,
    responseHeaders: 'raw',
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  // Only the head is wanted. The listener takes the error that giving up the body raises.
  answer.body.on('error', () => {}).destroy();
  return { status: answer.statusCode, headers: pairs(answer.headers as unknown as string[]) };
}

/** undici's `raw` headers are one flat list of names and values, which its types do not say. */
function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return list;
}
