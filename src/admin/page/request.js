/** Requests to the admin port: each ends within a limit, with JSON or with a sentence that says why there is no answer. */

const LIMIT_MS = 15_000;

/** @typedef {{ status: number, body: any }} Answer */

/**
 * Sends a request. Answers that are no JSON, and requests without an answer, have an `error` and a `cure` in the body.
 *
 * @param {string} path relative to the page, such as `panel`
 * @param {Record<string, string>} query empty values are left out
 * @param {{ method?: string, body?: unknown, version?: string, signal?: AbortSignal }} [options]
 * @returns {Promise<Answer>}
 */
export async function request(path, query, { method = 'GET', body, version, signal } = {}) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  /** @type {Record<string, string>} */
  const headers = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (version !== undefined) headers['If-Match'] = `"${version}"`;
  try {
    const response = await fetch(urlOf(path, query), {
      method,
      headers,
      cache: 'no-store',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await bodyOf(response) };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { status: 0, body: limit.aborted ? LATE : LOST };
  }
}

/**
 * The URL of a path of the admin port. Without the name and password that the page's own URL may have: browsers refuse
 * those in requests.
 *
 * @param {string} path
 * @param {Record<string, string>} [query]
 */
export function urlOf(path, query = {}) {
  const url = new URL(path, location.origin + location.pathname);
  for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value);
  return url;
}

const LATE = { error: 'The edge did not answer within 15 seconds', cure: 'Try again.' };
const LOST = { error: 'The edge does not answer', cure: 'See whether it runs, then try again.' };
const LOCKED = { error: 'The admin port asks for its token', cure: 'Load the page again and enter it.' };

/** @param {Response} response */
async function bodyOf(response) {
  if (response.status === 401) return LOCKED;
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { error: `The edge answered ${response.status} without JSON`, cure: 'See its log.' };
  }
}
