const LIMIT_MS = 8000;

/** The URLs of the edge and of its admin port; a Worker has no admin port. */
export const { edge, admin } = await getJson('/config.json');

/** Gets the version of the rules in force; null without rules. */
export const askVersion = async () => (await getJson('/config.json')).version;

/** Sends a request to the bucket through the edge, bypassing the browser's cache. */
export function askEdge(path, options = {}) {
  return fetch(edge + path, { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS), ...options });
}

/** Gets the decision of the rules in force on a request; `preflight`: the names in Access-Control-Request-Headers. */
export function askWhy({ method, path, origin = location.origin, preflight }) {
  const query = new URLSearchParams({ method, path, origin });
  if (preflight !== undefined) query.set('headers', preflight);
  return getJson(`/why?${query}`);
}

/** Gets the head of a response as sent, including `Access-Control-*`. */
export function askWire(request) {
  return getJson('/wire', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
}

/** Rejects after 8 seconds, for loads without an AbortSignal (fonts, images). */
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
