/** The Refusals view: what is refused, the newest first, each with the least change that would allow it. */

import { copyButton } from './copy.js';
import { draw, element } from './draw.js';
import { hashOf } from './place.js';
import { request } from './request.js';
import { ago, changesOf, counted, failureOf } from './words.js';

/** @import { RefusalGroup } from '../api.ts' */

/** Groups that are drawn before "Show more". */
const STEP = 50;
/** Longer values are cut; the whole value is in the title. */
const LONG = 120;

/**
 * @param {{ root: Element, bucket: () => string, onEdit: (bucket: string, rules: import('../api.ts').ConsoleRules) => void }} page
 */
export function createRefusals({ root, bucket, onEdit }) {
  /** @type {Map<string, RefusalGroup>} */
  let groups = new Map();
  /** The documents of cures that the reader asked for, or the failure, by group. @type {Map<string, HTMLElement>} */
  const documents = new Map();
  /** @type {string[]} */
  let order = [];
  let shown = STEP;

  const mine = () => [...groups.values()].filter((group) => ['', group.bucket].includes(bucket()));

  /** New groups come first at once; the others move only while no reader points at the list or has the focus in it. */
  function ordered() {
    const found = mine().sort((one, other) => other.lastAt.localeCompare(one.lastAt));
    if (root.querySelector('.groups:is(:hover, :focus-within)') !== null) {
      const before = new Map(order.map((id, at) => [id, at]));
      found.sort((one, other) => (before.get(one.id) ?? -1) - (before.get(other.id) ?? -1));
    }
    order = found.map(({ id }) => id);
    return found;
  }

  async function loadDocument({ id, bucket, cure }) {
    const { status, body } = await request('draft', { bucket }, { method: 'POST', body: cure.rules });
    documents.set(
      id,
      status === 200 && body.document !== null
        ? element('div', {}, copyButton(body.document), element('pre', { tabindex: '0' }, body.document))
        : failureOf(status === 200 ? { error: 'The store would refuse the whole document' } : body),
    );
    redraw();
  }

  /** @param {RefusalGroup} group */
  function card(group) {
    const { id, origin, method, kind, headers, reason, because, count, firstAt, lastAt, path, cure } = group;
    const question = { origin: origin ?? '', method, headers: headers.join(', '), path };
    const title = `group-${id}`;
    return element(
      'article',
      { key: id, class: 'card', 'aria-labelledby': title },
      element(
        'header',
        {},
        element(
          'h3',
          { id: title },
          element('bdi', { title: origin }, cut(origin ?? 'no origin')),
          ' ',
          element('b', {}, method),
        ),
        element(
          'p',
          { class: 'count' },
          element('b', {}, `${count.toLocaleString('en')}×`),
          ' ',
          ago(lastAt),
        ),
      ),
      element('p', {}, because),
      element(
        'ul',
        { class: 'facts' },
        element('li', {}, element('code', { class: 'reason' }, reason)),
        element('li', {}, kind === 'preflight' ? 'Preflight' : 'Request'),
        element('li', {}, 'of ', element('code', { title: path }, cut(path))),
        headers.length > 0 &&
          element('li', {}, 'with ', element('code', { title: headers.join(', ') }, cut(headers.join(', ')))),
        bucket() === '' && element('li', {}, 'bucket ', element('code', {}, group.bucket)),
        element('li', {}, 'first ', ago(firstAt)),
      ),
      cure === null
        ? element('p', { class: 'note' }, 'No rule of the bucket could allow it.')
        : element(
            'details',
            { class: 'cure', ontoggle: () => documents.has(id) || loadDocument(group) },
            element('summary', {}, cure.sentence),
            element('h4', {}, 'What changes'),
            changesOf({ changes: cure.changes, complete: true }),
            element('h4', {}, 'The rules with it'),
            documents.get(id)?.cloneNode(true) ?? element('p', { class: 'note' }, 'Loading…'),
          ),
      element(
        'p',
        { class: 'actions' },
        element('a', { href: hashOf({ ...question, view: 'ask', bucket: group.bucket }) }, 'Explain'),
        cure !== null &&
          element(
            'button',
            { type: 'button', onclick: () => onEdit(group.bucket, cure.rules) },
            'Take it to the rules',
          ),
      ),
    );
  }

  function redraw() {
    const all = ordered();
    const total = all.reduce((sum, { count }) => sum + count, 0);
    draw(
      root,
      all.length === 0
        ? element(
            'p',
            { class: 'empty' },
            'Nothing was refused since this page knows the edge. It says so here at once.',
          )
        : element(
            'p',
            { class: 'lead' },
            `${counted(total, 'request')} in ${counted(all.length, 'group')}, alike in origin, method, headers and reason.`,
          ),
      element('div', { class: 'groups' }, all.slice(0, shown).map(card)),
      all.length > shown &&
        element(
          'button',
          { type: 'button', onclick: more },
          `Show ${Math.min(STEP, all.length - shown)} more of ${all.length - shown}`,
        ),
    );
  }

  function more() {
    shown += STEP;
    redraw();
  }

  return {
    redraw,
    count: () => mine().length,
    /** @param {readonly RefusalGroup[]} all */
    replace(all) {
      groups = new Map(all.map((group) => [group.id, group]));
    },
    /** Returns whether the group is new. @param {RefusalGroup} group */
    add(group) {
      const isNew = !groups.has(group.id);
      groups.set(group.id, group);
      return isNew;
    },
  };
}

/** @param {string} text */
const cut = (text) => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);
