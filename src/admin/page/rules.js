/** The Rules view: the panel to read or to edit, its state, and the versions. */

import { button } from './button.js';
import { draftOf, refusedFor, rulesOf } from './draft.js';
import { draw, element } from './draw.js';
import { editorOf } from './editor.js';
import { debounced } from './pace.js';
import { cardsOf, stateOf } from './panel.js';
import { request } from './request.js';
import { createVersions } from './versions.js';
import { failureOf } from './words.js';

/** @import { ConsoleRules, Panel } from '../api.ts' */
/** @import { Edited } from './draft.js' */

/** @param {{ root: Element, bucket: () => string, isVisible: () => boolean }} page */
export function createRules({ root, bucket, isVisible }) {
  const body = element('div');
  const history = element('div.versions');
  root.append(body, history);
  const versions = createVersions(history);
  /** Drafts stay while the reader looks at other views and buckets. @type {Map<string, Edited>} */
  const drafts = new Map();
  /** @type {Panel | null} */
  let panel = null;
  let failure = null;
  /** The bucket whose rules were saved last. */
  let saved = '';
  let loads = 0;
  /** Rules to begin a draft with once the panel is there. @type {{ name: string, rules: ConsoleRules } | null} */
  let suggested = null;

  async function load() {
    const name = bucket();
    if (name === '') return redraw();
    loads += 1;
    const turn = loads;
    const { status, body } = await request('panel', { bucket: name });
    if (turn !== loads) return;
    if (status === 200) await take(name, body);
    else failure = body;
    if (suggested?.name === name) begin(suggested);
    redraw();
    if (drafts.get(name)?.isChecked === false) check();
    await versions.load(name);
  }

  /** @param {string} name @param {Panel} next */
  async function take(name, next) {
    panel = next;
    failure = null;
    const draft = drafts.get(name);
    // An unknown is no change: the version is null while no rules are in force.
    if (draft && !draft.isSaving && next.version !== null && next.version !== draft.version)
      await conflict(name, draft, next.version);
  }

  async function conflict(name, draft, version) {
    if (draft.conflict?.version === version) return;
    const { status, body } = await request('diff', { bucket: name, from: draft.version ?? '', to: version });
    draft.conflict = { version, diff: status === 200 ? body : null };
  }

  const check = debounced(async (signal) => {
    const name = bucket();
    const draft = drafts.get(name);
    if (draft === undefined) return;
    const { status, body } = await request(
      'draft',
      { bucket: name },
      { method: 'POST', body: rulesOf(draft), signal },
    );
    if (signal.aborted) return;
    if (status === 200 || body.faults !== undefined)
      draft.checked = status === 200 ? body : refusedFor(body.faults);
    draft.isChecked = status === 200;
    draft.failure = draft.isChecked || body.faults !== undefined ? null : body;
    redraw();
  }, 300);

  /** @param {Edited} draft */
  function changed(draft) {
    draft.failure = null;
    // The findings stay beside their fields until the new ones are there.
    draft.isChecked = false;
    redraw();
    check();
  }

  /** @param {string} name @param {Edited} draft */
  async function save(name, draft) {
    draft.isSaving = true;
    draft.failure = null;
    redraw();
    const answer = await request(
      'panel',
      { bucket: name },
      { method: 'PUT', body: rulesOf(draft), version: draft.version ?? '' },
    );
    draft.isSaving = false;
    if (answer.status === 200) {
      drafts.delete(name);
      saved = name;
      if (name === bucket()) panel = answer.body;
    } else if (answer.status === 422) draft.checked = answer.body;
    await load();
    // The store and the edge refuse with the same status; the panel has what changed.
    if (answer.status !== 200 && answer.status !== 422 && draft.conflict === null) {
      draft.failure = answer.body;
      redraw();
    }
  }

  /** @param {ConsoleRules | null} rules */
  function edit(rules) {
    if (panel === null || !isEditable(panel)) return;
    saved = '';
    drafts.set(panel.bucket, draftOf(rules, panel.version));
    redraw();
    check();
  }

  function begin({ name, rules }) {
    suggested = null;
    if (!drafts.has(name) || confirm(`Replace your draft of the rules of ${name}?`)) edit(rules);
  }

  function rebase(draft) {
    draft.version = draft.conflict.version;
    draft.conflict = null;
    changed(draft);
  }

  function discard() {
    drafts.delete(bucket());
    redraw();
  }

  async function refresh() {
    const { status, body } = await request('refresh', { bucket: bucket() }, { method: 'POST' });
    await load();
    if (status === 200) return;
    failure = body;
    redraw();
  }

  function redraw() {
    if (!isVisible()) return;
    const name = bucket();
    if (name === '' || panel?.bucket !== name) {
      versions.clear();
      return draw(
        body,
        name === '' ? CHOOSE() : failure !== null ? failureOf(failure) : element('p.note', 'Loading…'),
      );
    }
    const draft = drafts.get(name);
    const { rules } = panel;
    const isEdited = draft !== undefined && panel.edit.possible;
    draw(
      body,
      failure !== null && failureOf(failure),
      stateOf(panel, [
        isEditable(panel) && !isEdited && button('Edit the rules', () => edit(rules), { class: 'strong' }),
        button('Load again', refresh),
      ]),
      element('p.said', { key: 'saved', role: 'status' }, saved === name && 'Saved: the rules are in force.'),
      isEdited ? editorOf(draft, pageOf(draft, panel)) : cardsOf(panel),
    );
  }

  /** @param {Edited} draft @param {Panel} panel */
  const pageOf = (draft, { bucket: name, store, edit }) => ({
    root,
    store,
    where: edit.possible ? edit.where : 'edge',
    onInput: () => changed(draft),
    onSave: () => save(name, draft),
    onDiscard: discard,
    onRebase: () => rebase(draft),
  });

  return {
    load,
    redraw,
    hasDraft: () => drafts.size > 0,
    /** Begins a draft with other rules, such as those of a cure. @param {string} name @param {ConsoleRules} rules */
    suggest(name, rules) {
      suggested = { name, rules };
      return load();
    },
  };
}

/** A save names the version that it replaces, so there must be one. @param {Panel} panel */
const isEditable = ({ edit, version }) => edit.possible && version !== null;

const CHOOSE = () => element('p.empty', 'Choose a bucket above to see its rules.');
