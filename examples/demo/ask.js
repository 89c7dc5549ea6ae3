const LIMIT_MS = 8000;

export const { edge } = await getJson('/config.json');

/** A request to the bucket, through the edge. Nothing comes from the browser's cache. */
export function askEdge(path, options = {}) {
  return fetch(edge + path, { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS), ...options });
}

/** How the rules in force judge a request; with `preflight`, the names of the headers it asks for. */
export function askWhy({ method, path, origin = location.origin, preflight }) {
  const query = new URLSearchParams({ method, path, origin });
  if (preflight !== undefined) query.set('headers', preflight);
  return getJson(`/why?${query}`);
}

/** The head of an answer as it came over the wire, `Access-Control-*` included. */
export function askWire(request) {
  return getJson('/wire', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
}

/** Fails when a thing that can't be aborted (a font, an image) takes too long. */
export function within(promise) {
  const { promise: late, reject } = Promise.withResolvers();
  const timer = setTimeout(reject, LIMIT_MS, new DOMException('No answer in 8 seconds.', 'TimeoutError'));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function getJson(path, options = {}) {
  const response = await fetch(path, { signal: AbortSignal.timeout(LIMIT_MS), ...options });
  const value = await response.json();
  if (!response.ok) throw new Error(value.message ?? `${path} answered ${response.status}.`);
  return value;
}
