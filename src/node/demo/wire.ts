import { request } from 'undici';

/** A request whose response head the page wants to show. */
export interface WireRequest {
  readonly method: string;
  /** Path and query; begins with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface WireAnswer {
  readonly status: number;
  /** Every header line in the order of arrival. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** No methods that change the bucket: the page sends those itself, under CORS. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
const HEADERS = /^(?:origin|range|access-control-request-(?:method|headers)|x-demo-[a-z]+)$/;
const TIMEOUT_MS = 5_000;

/** Reads the page's request; returns a sentence instead if it is not valid. */
export function readWire(value: unknown): WireRequest | string {
  if (typeof value !== 'object' || value === null) return 'Send a JSON object: { method, path, headers }.';
  const { method, path, headers = {} } = value as Record<string, unknown>;
  if (typeof method !== 'string' || !METHODS.includes(method))
    return `method: ${JSON.stringify(method)}; write one of ${METHODS.join(', ')}.`;
  if (typeof path !== 'string' || !/^\/[!-~]*$/.test(path))
    return `path: ${JSON.stringify(path)}; write a path that begins with / and has no blanks.`;
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
 * Sends a request to the edge at the URL `edge`, and returns the head of the response: scripts cannot read
 * `Access-Control-*` headers. Rejects if the edge cannot be reached or does not respond within five seconds.
 */
export async function wire(edge: string, { method, path, headers }: WireRequest): Promise<WireAnswer> {
  // Concatenate text: `new URL('//elsewhere/', edge)` would leave the edge.
  const answer = await request(`${edge.replace(/\/+$/, '')}${path}`, {
    method: method as 'GET' | 'HEAD' | 'OPTIONS',
    headers,
    responseHeaders: 'raw',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // Only the head is needed. `destroy` makes the body emit an error, which needs a listener.
  answer.body.on('error', () => {}).destroy();
  return { status: answer.statusCode, headers: pairs(answer.headers as unknown as string[]) };
}

/** Pairs undici's `raw` headers, a flat list of names and values that its types do not declare. */
function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return list;
}
