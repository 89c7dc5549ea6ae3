import { element } from './element.js';

const OUTCOMES = { allowed: 'Allowed', refused: 'Refused' };

/** The card of one experiment. Tests read `data-state` and `data-outcome` of its root. */
export function makeCard({ id, title, about, code }, onRun) {
  const badge = element('p', { class: 'badge' });
  const body = element('div', { class: 'body' });
  const runAgain = () => root.dataset.state !== 'running' && onRun();
  const button = element('button', { type: 'button', class: 'quiet', onclick: runAgain }, 'Run again');
  const root = element(
    'article',
    { 'data-experiment': id, 'data-state': 'running', 'aria-labelledby': `title-${id}` },
    element('header', {}, element('h2', { id: `title-${id}` }, title), badge),
    element('p', { class: 'about' }, about),
    element('pre', { tabindex: '0' }, element('code', {}, code)),
    body,
    element('div', { class: 'foot' }, button),
  );
  button.setAttribute('aria-label', `Run again: ${title}`);

  const set = (state, outcome) => {
    root.dataset.state = state;
    if (outcome) root.dataset.outcome = outcome;
    else delete root.dataset.outcome;
    // A disabled button would lose the focus.
    button.setAttribute('aria-disabled', String(state === 'running'));
    root.setAttribute('aria-busy', String(state === 'running'));
  };

  return {
    root,
    running() {
      set('running');
      badge.textContent = 'Running…';
    },
    done({ outcome, passed, why, error, show, response, exchanges, path }) {
      badge.textContent = passed ? OUTCOMES[outcome] : `${OUTCOMES[outcome]}, against the rules`;
      const restore = remember(body);
      body.replaceChildren(
        element('div', { class: 'output' }, show ?? errorShown(error)),
        element(
          'p',
          { class: 'why' },
          element('code', { class: 'reason', 'data-fact': 'reason' }, why.reason),
          ' ',
          element('span', { 'data-fact': 'because' }, why.because),
        ),
        ...summaryOf({ exchanges, response }).filter(Boolean),
        rulesTried(why),
        wire({ path, exchanges, response }),
      );
      restore();
      set(passed ? 'passed' : 'failed', outcome);
    },
    broken(error) {
      badge.textContent = 'Could not run';
      body.replaceChildren(element('p', { class: 'output', role: 'alert' }, error.message));
      set('failed');
    },
  };
}

/** Remembers which details are open, and which of their summaries has the focus. Returns how to restore both. */
function remember(body) {
  const found = [...body.querySelectorAll('details')];
  const open = found.filter((details) => details.open).map(nameOf);
  const focused = found.find((details) => details.contains(document.activeElement));
  return () => {
    for (const details of body.querySelectorAll('details')) {
      details.open = open.includes(nameOf(details));
      if (focused && nameOf(details) === nameOf(focused)) details.querySelector('summary').focus();
    }
  };
}

const nameOf = (details) => details.querySelector('summary').textContent;

const errorShown = ({ name, message }) =>
  element('p', {}, 'All that the script learns: ', element('code', {}, `${name}: ${message}`));

function rulesTried({ rules }) {
  const items = rules.map(({ rule, outcome, condition, expected, actual }) =>
    element(
      'li',
      { 'data-verdict': outcome },
      `Rule ${rule} ${VERDICTS[outcome]({ condition, expected, actual })}`,
    ),
  );
  return element(
    'details',
    {},
    element('summary', {}, 'How the rules were walked'),
    element('ul', { class: 'walk' }, ...items),
  );
}

const VERDICTS = {
  matched: () => 'fits.',
  failed: ({ condition, expected, actual }) =>
    `does not fit: it was asked for the ${condition} ${actual}, and lists ${expected.join(', ') || 'none'}.`,
  not_reached: () => 'was not looked at.',
};

const CORS_HEADERS = /^(?:access-control-|vary$|etag$|content-range$)/i;

/** The headers of the responses that CORS uses. */
function summaryOf({ exchanges, response }) {
  return exchanges.flatMap(({ method, status, headers }) => {
    const isWithoutCors = !headers.some(([name]) => /^access-control-allow-origin$/i.test(name));
    const shown = headers.filter(([name]) => CORS_HEADERS.test(name));
    const caption =
      method === 'OPTIONS' ? 'The preflight was answered' : 'The bucket answered, through the edge';
    return [
      exchange(caption, String(status), shown, readableIn(method, response)),
      isWithoutCors && element('p', { class: 'silent' }, 'No Access-Control-Allow-Origin came with it.'),
    ];
  });
}

/** Whether a script can read a header: never one of a preflight's response. */
function readableIn(method, response) {
  return (name) => method !== 'OPTIONS' && response?.headers.has(name) === true;
}

function wire({ path, exchanges, response }) {
  const parts = exchanges.flatMap(({ method, asked, status, headers }) => [
    exchange(method === 'OPTIONS' ? 'Preflight' : 'Request', `${method} ${path}`, Object.entries(asked)),
    exchange('Answer', String(status), headers, readableIn(method, response)),
  ]);
  if (response && exchanges.every(({ method }) => method === 'OPTIONS'))
    parts.push(exchange('Answer to the script', String(response.status), [...response.headers], () => true));
  return element('details', {}, element('summary', {}, 'The whole exchange'), ...parts);
}

function exchange(label, line, headers, readable) {
  const rows = headers.map(([name, value]) =>
    element(
      'tr',
      { 'data-readable': readable && String(readable(name)) },
      element('th', { scope: 'row' }, name),
      element('td', {}, value),
      readable && element('td', {}, mark(readable(name))),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, `${label}: `, element('code', {}, line)),
    element('tbody', {}, ...rows),
  );
}

const mark = (script) =>
  element('span', { class: `mark mark-${script ? 'script' : 'browser'}` }, script ? 'script' : 'browser');
