/**
 * A shared cache (RFC 9111), keyed by method and URL. A stored answer matches a request if the headers in its Vary have
 * the same values as in the stored request (§4.1).
 */
export interface CacheRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The stored answer is stale: the cache revalidates it, and the upstream answers 304. */
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

/** `cacheable`: the methods whose answers are stored: GET and HEAD (RFC 9111); some CDNs also cache OPTIONS. */
export function sharedCache(upstream: Upstream, cacheable: readonly string[] = ['GET', 'HEAD']) {
  const shelves = new Map<string, Stored[]>();

  return (request: CacheRequest): CacheAnswer => {
    if (!cacheable.includes(request.method)) return upstream(request);
    const key = `${request.method} ${request.url}`;
    const shelf = shelves.get(key) ?? [];
    shelves.set(key, shelf);
    // §4.1: of several matching answers, the most recent one.
    const found = shelf.findLast(({ asked, answer }) => selects(answer, asked, request.headers));
    if (found !== undefined && !request.stale) return found.answer;
    const fresh = upstream(request);
    if (found !== undefined && !fresh.noStore) {
      // §3.2: a 304 replaces the stored headers that it contains; the others stay.
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
