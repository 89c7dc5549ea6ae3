/** What the page shows, in the hash of its URL, so that a link can be sent: `#rules?bucket=a&from=VERSION`. */

const VIEWS = ['refusals', 'ask', 'rules', 'traffic'];

/** @typedef {Record<string, string> & { view: string }} Place */

/** @returns {Place} */
export function place() {
  const [, view = '', query = ''] = /^#?([^?]*)\??(.*)$/s.exec(location.hash) ?? [];
  return {
    ...Object.fromEntries(new URLSearchParams(query)),
    view: VIEWS.includes(view) ? view : 'refusals',
  };
}

/**
 * The hash of a place. Empty values are left out.
 *
 * @param {Place} place
 */
export function hashOf({ view, ...values }) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
  return query.size === 0 ? `#${view}` : `#${view}?${query}`;
}

/**
 * Changes values of the hash without a step in the browser's history. Does not draw.
 *
 * @param {Record<string, string>} values
 */
export function rewrite(values) {
  history.replaceState(null, '', hashOf({ ...place(), ...values }));
}
