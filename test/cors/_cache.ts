/**
 * A shared cache as RFC 9111 has it: keyed by method and URL, a stored answer serves a request when the request
 * headers that its Vary names have the values they had when it was stored (§4.1).
 */
export interface CacheRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name; an absent header is absent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The stored copy has gone stale: ask again, and be told 304. */
  readonly stale: boolean;
}

export interface CacheAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly noStore: boolean;
}

interface Stored {
  readonly asked: Readonly<Record<string, string>>;
  answer: CacheAnswer;
}

export type Upstream = (request: CacheRequest) => CacheAnswer;

/** `keeps`: the methods whose answers are stored; RFC 9111 knows GET and HEAD, some CDNs keep OPTIONS too. */
export function sharedCache(upstream: Upstream, keeps: readonly string[] = ['GET', 'HEAD']) {
  const shelves = new Map<string, Stored[]>();

  return (request: CacheRequest): CacheAnswer => {
    if (!keeps.includes(request.method)) return upstream(request);
    const key = `${request.method} ${request.url}`;
    const shelf = shelves.get(key) ?? [];
    shelves.set(key, shelf);
    // The latest of those that fit.
    const found = shelf.findLast(({ asked, answer }) => selects(answer, asked, request.headers));
    if (found !== undefined && !request.stale) return found.answer;
    const fresh = upstream(request);
    if (found !== undefined && !fresh.noStore) {
      // §3.2: a 304 replaces the stored headers that it carries; the others stay.
      found.answer = { ...found.answer, headers: { ...found.answer.headers, ...fresh.headers } };
      return found.answer;
    }
    if (!fresh.noStore) shelf.push({ asked: request.headers, answer: fresh });
    return fresh;
  };
}

function selects(
  answer: CacheAnswer,
  asked: Readonly<Record<string, string>>,
  asks: Readonly<Record<string, string>>,
): boolean {
  const nominated = (answer.headers.Vary ?? '').split(',').map((name) => name.trim().toLowerCase());
  return nominated.every((name) => name !== '*' && asked[name] === asks[name]);
}
