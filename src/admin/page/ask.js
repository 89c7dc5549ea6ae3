/** The Ask view: explains any request while it is typed. Answers that arrive out of order are left out. */

import { draw } from './draw.js';
import { answersOf } from './explained.js';
import { debounced } from './pace.js';
import { place, rewrite } from './place.js';
import { request } from './request.js';
import { failureOf, faultOf } from './words.js';

/** @import { Asked } from '../api.ts' */

const FIELDS = ['origin', 'method', 'headers', 'path'];

/** @param {{ section: Element, bucket: () => string }} page */
export function createAsk({ section, bucket }) {
  const form = /** @type {HTMLFormElement} */ (section.querySelector('form'));
  const content = /** @type {Element} */ (section.querySelector('.content'));
  const verdict = /** @type {Element} */ (section.querySelector('[role=status]'));
  const faults = /** @type {Element} */ (section.querySelector('#ask-faults'));
  /** @type {(name: string) => HTMLInputElement} */
  const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  /** The text is read once it changes, and the fields once they do: the one typed in last counts. */
  let isText = false;

  const ask = debounced(async (signal) => {
    if (bucket() === '') return fail({ error: 'Choose a bucket above' });
    if (isText && field('text').value.trim() === '') isText = false;
    const send = (body) => request('ask', { bucket: bucket() }, { method: 'POST', body, signal });
    const first = await send(isText ? { text: field('text').value } : question('false'));
    if (signal.aborted) return;
    if (first.status !== 200) return fail(first.body);
    if (isText) fill(first.body);
    const wasWith = first.body.question.credentials;
    const second = await send(question(String(!wasWith)));
    if (signal.aborted) return;
    if (second.status !== 200) return fail(second.body);
    show(first.body, wasWith ? second.body : first.body, wasWith ? first.body : second.body);
  }, 250);

  const question = (credentials) => ({
    ...Object.fromEntries(
      FIELDS.map((name) => [name, field(name).value.trim()]).filter(([, value]) => value !== ''),
    ),
    credentials,
  });

  /** @param {Asked} asked */
  function fill({ question }) {
    for (const name of FIELDS) field(name).value = question[/** @type {'origin'} */ (name)];
  }

  /** @param {Asked} asked @param {Asked} without @param {Asked} withCredentials */
  function show(asked, without, withCredentials) {
    mark([]);
    // As the edge has read it: a query in the path may have a signature.
    const { credentials: _, ...read } = asked.question;
    if (place().view === 'ask') rewrite(read);
    const answers = answersOf({ asked, without, withCredentials });
    verdict.textContent = answers.sentence;
    draw(content, answers.tree);
  }

  function fail(body) {
    mark(body.faults ?? body.explained?.faults ?? []);
    if (body.error !== undefined) draw(faults, failureOf(body));
    verdict.textContent = '';
    draw(content);
  }

  /** Shows faults, and marks the fields that they are about. */
  function mark(found) {
    for (const name of ['text', ...FIELDS]) {
      const isWrong = found.some(({ place }) => place === name);
      if (isWrong) field(name).setAttribute('aria-invalid', 'true');
      else field(name).removeAttribute('aria-invalid');
    }
    draw(
      faults,
      found.map((fault) => faultOf(fault, NAMES[fault.place] ?? fault.place)),
    );
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', ({ target }) => {
    isText = target === field('text');
    ask();
  });

  return {
    /** Takes the question of the hash. */
    enter() {
      const values = place();
      if (FIELDS.some((name) => values[name] !== undefined)) {
        for (const name of FIELDS) field(name).value = values[name] ?? field(name).defaultValue;
        isText = false;
      }
      ask();
    },
    /** Asks again: the rules changed. */
    again: ask,
  };
}

/** @type {Record<string, string>} */
const NAMES = {
  text: 'The text',
  origin: 'The origin',
  method: 'The method',
  headers: 'The headers',
  path: 'The path',
};
