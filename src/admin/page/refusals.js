/** The Refusals view: what is refused, the newest first, each with the least change that would allow it. */

import { button, copyButton } from './button.js';
import { draw, element } from './draw.js';
import { hashOf } from './place.js';
import { request } from './request.js';
import { ago, changesOf, counted } from './words.js';

/** @import { RefusalGroup, WaitingGroup } from '../api.ts' */

/** Groups that are drawn before "Show more". */
const STEP = 50;
/** Most groups: the edge has fewer, and forgets the oldest as well. */
const MOST = 1000;
/** Longer values are cut; the whole value is in the title. */
const LONG = 120;

/**
 * @param {{ root: Element, bucket: () => string, onEdit: (bucket: string, rules: import('../api.ts').ConsoleRules) => void }} page
 */
export function createRefusals({ root, bucket, onEdit }) {
  /** @type {Map<string, RefusalGroup>} */
  let groups = new Map();
  /** Groups that the edge explains first. @type {readonly WaitingGroup[]} */
  let waiting = [];
  /** The documents with cures that the reader has asked for. @type {Map<string, string>} */
  const documents = new Map();
  /** @type {string[]} */
  let order = [];
  let shown = STEP;

  const isMine = (group) => ['', group.bucket].includes(bucket());
  const mine = () => [...groups.values()].filter(isMine);
  const following = () => waiting.filter((group) => isMine(group) && !groups.has(group.id));

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

  /** Gets the whole document with the cure, to copy it where rules are not changed here. */
  async function loadDocument({ id, bucket, cure }) {
    const { status, body } = await request('draft', { bucket }, { method: 'POST', body: cure.rules });
    documents.set(id, (status === 200 && body.document) || 'There is no document: try again.');
    redraw();
  }

  /** @param {RefusalGroup} group */
  function card(group) {
    const { id, origin, method, kind, headers, reason, because, count, firstAt, lastAt, path } = group;
    const names = headers.join(', ');
    const question = { origin: origin ?? '', method, headers: names, path };
    const title = `group-${id}`;
    return element(
      'article.card',
      { key: id, 'aria-labelledby': title },
      element(
        'header',
        element(
          'h3',
          { id: title },
          `${cut(method)} `,
          element('code', { title: origin }, cut(origin ?? 'no origin')),
        ),
        element('p.count', element('b', `${count.toLocaleString('en')}×`), ' ', ago(lastAt)),
      ),
      element('p', because),
      element(
        'ul.facts',
        element('li', element('code.reason', reason)),
        element(
          'li',
          kind === 'preflight' ? 'preflight of ' : 'request for ',
          element('code', { title: path }, cut(path)),
        ),
        headers.length > 0 && element('li', 'with ', element('code', { title: names }, cut(names))),
        bucket() === '' && element('li', 'bucket ', element('code', group.bucket)),
        element('li', 'first ', ago(firstAt)),
        element(
          'li',
          element('a', { href: hashOf({ ...question, view: 'ask', bucket: group.bucket }) }, 'Explain'),
        ),
      ),
      cureOf(group),
    );
  }

  /** @param {RefusalGroup} group */
  function cureOf(group) {
    const { id, bucket, cure } = group;
    if (cure === null) return element('p.note', 'No rule alone could allow it.');
    const document = documents.get(id);
    return element(
      'details',
      element('summary', cure.sentence),
      changesOf({ changes: cure.changes, complete: true }),
      element(
        'p.actions',
        button('Take it to the rules', () => onEdit(bucket, cure.rules)),
        document === undefined
          ? button('Show the document', () => loadDocument(group))
          : copyButton(document),
      ),
      document !== undefined && element('pre', { tabindex: '0' }, document),
    );
  }

  function redraw() {
    const all = ordered();
    const later = following();
    const every = [...all, ...later];
    const total = every.reduce((sum, { count }) => sum + count, 0);
    draw(
      root,
      every.length === 0
        ? element('p.empty', 'Nothing was refused so far. The next refusal appears here at once.')
        : element(
            'p.lead',
            `${counted(total, 'request')} in ${counted(every.length, 'group')}, alike in origin, method, headers and reason.`,
            later.length > 0 && ` Still to be explained: ${later.length}.`,
          ),
      element('div.groups', all.slice(0, shown).map(card)),
      all.length > shown &&
        button(`Show ${Math.min(STEP, all.length - shown)} more of ${all.length - shown}`, more, {
          key: 'more',
        }),
    );
  }

  function more() {
    const first = shown;
    shown += STEP;
    redraw();
    /** @type {HTMLElement | null} */ (root.querySelectorAll('.facts a')[first])?.focus();
  }

  return {
    redraw,
    count: () => mine().length + following().length,
    /** @param {readonly WaitingGroup[]} rest */
    wait(rest) {
      waiting = rest;
    },
    /** @param {readonly RefusalGroup[]} all */
    replace(all) {
      // The oldest first, as `add` leaves them.
      groups = new Map([...all].reverse().map((group) => [group.id, group]));
    },
    /** The rules have changed, so documents with cures are no longer what they were. */
    forget: () => documents.clear(),
    /** Returns whether the group is new. @param {RefusalGroup} group */
    add(group) {
      const isNew = !groups.delete(group.id);
      groups.set(group.id, group);
      const [oldest] = groups.keys();
      if (groups.size > MOST && oldest !== undefined) groups.delete(oldest);
      return isNew;
    },
  };
}

/** @param {string} text */
const cut = (text) => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);
