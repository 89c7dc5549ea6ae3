/** The live page: its views, the hash of its URL, and the events of the edge. */

import { createAsk } from './ask.js';
import { createBuckets } from './buckets.js';
import { draw } from './draw.js';
import { listen } from './events.js';
import { seldom } from './pace.js';
import { hashOf, place } from './place.js';
import { createRefusals } from './refusals.js';
import { createRules } from './rules.js';
import { createTraffic } from './traffic.js';
import { counted } from './words.js';

/** Milliseconds between two redraws of the refusals, however many come. */
const REDRAW_MS = 1000;
/** Milliseconds between two announcements to screen readers. */
const NEWS_MS = 10_000;

/** @type {(selector: string) => HTMLElement} */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const content = (view) => find(`#${view} .content`);

const buckets = createBuckets(find('#buckets'), (bucket) => go({ ...place(), bucket, from: '', to: '' }));
const bucket = () => buckets.current();
const isVisible = (view) => () => place().view === view;
const refusals = createRefusals({ root: content('refusals'), bucket, onEdit: takeToRules });
const ask = createAsk({ section: find('#ask'), bucket });
const rules = createRules({ root: content('rules'), bucket, isVisible: isVisible('rules') });
const traffic = createTraffic({ root: content('traffic'), bucket, isVisible: isVisible('traffic') });
const ENTER = { refusals: showRefusals, ask: ask.enter, rules: rules.load, traffic: traffic.redraw };

/** @param {import('./place.js').Place} next */
function go(next) {
  location.hash = hashOf(next);
}

let view = '';
/** Shows what the hash says. */
function show() {
  const next = place();
  buckets.take(next.bucket ?? '');
  for (const section of document.querySelectorAll('main > section'))
    section.toggleAttribute('hidden', section.id !== next.view);
  for (const link of document.querySelectorAll('nav a')) {
    const name = link.getAttribute('data-view') ?? '';
    if (name === next.view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    link.setAttribute('href', hashOf({ view: name, bucket: next.bucket ?? '' }));
  }
  // The reader of a screen hears the new view's name; not at the start, where the whole page is read.
  if (view !== '' && view !== next.view) find(`#${next.view}-title`).focus({ preventScroll: true });
  view = next.view;
  ENTER[view]();
  showCount();
}

function showRefusals() {
  if (view === 'refusals') refusals.redraw();
}

function showCount() {
  const count = refusals.count();
  draw(find('#count'), count === 0 ? '' : String(count));
  document.title = count === 0 ? 'bucket-cors' : `(${count}) bucket-cors`;
}

/** @param {string} name @param {import('../api.ts').ConsoleRules} suggested */
function takeToRules(name, suggested) {
  go({ view: 'rules', bucket: name });
  rules.suggest(name, suggested);
}

let fresh = 0;
const drawRefusals = seldom(() => {
  showRefusals();
  showCount();
}, REDRAW_MS);
const announce = seldom(() => {
  find('#news').textContent = `${counted(fresh, 'new kind')} of refused requests.`;
  fresh = 0;
}, NEWS_MS);

/** @param {import('../api.ts').RefusalGroup} group */
function refused(group) {
  if (refusals.add(group)) {
    fresh += 1;
    announce();
  }
  drawRefusals();
}

let isLost = !(await buckets.load());
/** @param {boolean} isConnected */
function onConnection(isConnected) {
  // What is typed in Ask stays: the hash has it only once it was answered.
  if (isConnected && isLost) buckets.load().then(view === 'ask' ? ask.again : show);
  isLost = !isConnected;
  const line = find('#connection');
  const text = isConnected
    ? ''
    : 'Connection lost: what is below is the last that the edge said. Trying again…';
  if (line.textContent !== text) line.textContent = text;
}

addEventListener('hashchange', show);
// The hash is the place of the views.
find('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  find('main').focus();
});
addEventListener('beforeunload', (event) => {
  if (rules.hasDraft()) event.preventDefault();
});
show();
listen(
  {
    waiting: (rest) => {
      refusals.wait(rest);
      drawRefusals();
    },
    refusals: (all) => {
      refusals.replace(all);
      showRefusals();
      showCount();
    },
    refusal: refused,
    traffic: (next) => {
      traffic.replace(next);
      // Times such as "5 s ago" move on.
      showRefusals();
      rules.redraw();
    },
    rules: ({ bucket: changed }) => {
      buckets.learn(changed);
      refusals.forget();
      if (changed !== bucket()) return;
      if (view === 'rules') rules.load();
      if (view === 'ask') ask.again();
    },
  },
  onConnection,
);
