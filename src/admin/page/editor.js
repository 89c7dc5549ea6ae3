/** The rule panel to edit: the same cards with fields, the findings beside them, and what saving would change. */

import { button } from './button.js';
import { emptyRule, move } from './draft.js';
import { element } from './draw.js';
import { findingsAt } from './panel.js';
import { changesOf, counted, failureOf, shortVersion } from './words.js';

/** @import { DraftRule, Edited } from './draft.js' */

const METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];

/**
 * @typedef {object} EditorPage
 * @property {Element} root
 * @property {'oss' | 's3'} store
 * @property {'edge' | 'bucket'} where
 * @property {() => void} onInput called once the draft has changed
 * @property {() => void} onSave
 * @property {() => void} onDiscard
 * @property {() => void} onRebase
 */

/** @param {Edited} draft @param {EditorPage} page */
export const editorOf = (draft, page) =>
  element(
    'form.cards',
    { key: 'editor', onsubmit: (event) => event.preventDefault(), autocomplete: 'off' },
    whole(draft, page),
    draft.rules.map((_, at) => card(draft, at, page)),
    element(
      'p.actions',
      { key: 'add' },
      button('Add a rule at the end', () => add(draft, page), { id: 'add' }),
    ),
    consequences(draft, page),
    bar(draft, page),
  );

const findings = ({ checked }) => checked?.findings ?? [];

const whole = (draft, { onInput }) =>
  element(
    'div.whole',
    { key: 'whole' },
    element(
      'label',
      element('input', {
        type: 'checkbox',
        checked: draft.varyOrigin,
        onchange: ({ currentTarget }) => {
          draft.varyOrigin = currentTarget.checked;
          onInput();
        },
      }),
      ' Vary: Origin',
    ),
    findingsAt(findings(draft), null, 'varyOrigin'),
    findingsAt(findings(draft), null, null),
  );

/** @param {Edited} draft @param {number} at @param {EditorPage} page */
function card(draft, at, page) {
  const rule = /** @type {DraftRule} */ (draft.rules[at]);
  const number = at + 1;
  const field = (name, label, input) => textField({ draft, rule, number, name, label, input, page });
  return element(
    'section.card.rule',
    { key: rule.key, 'aria-label': `Rule ${number}` },
    element('h3', `Rule ${number}`),
    findingsAt(findings(draft), number, null),
    element(
      'div.fields',
      (page.store === 's3' || rule.id !== '') && field('id', 'ID', 'input'),
      field('sources', 'Sources', 'textarea'),
      methods(draft, rule, number, page),
      field('allowedHeaders', 'Allowed Headers', 'textarea'),
      field('exposedHeaders', 'Exposed Headers', 'textarea'),
      field('cacheTimeout', 'Cache Timeout (seconds)', 'input'),
    ),
    element(
      'p.actions',
      step('Move up', -1, at === 0),
      step('Move down', 1, number === draft.rules.length),
      button('Remove', () => remove(draft, at, page), {
        class: 'remove',
        'aria-label': `Remove rule ${number}`,
      }),
    ),
  );

  // A disabled button would lose the focus that a move has brought to the end of the list.
  function step(label, by, isLast) {
    const onclick = () => {
      if (isLast) return;
      move(draft, at, by);
      page.onInput();
    };
    return button(label, onclick, {
      'aria-label': `${label}: rule ${number}`,
      'aria-disabled': isLast && 'true',
    });
  }
}

function textField({ draft, rule, number, name, label, input, page }) {
  const id = `${rule.key}-${name}`;
  const found = findingsAt(findings(draft), number, name);
  const isWrong = findings(draft).some(
    (one) => one.rule === number && one.field === name && one.severity === 'error',
  );
  const rows = Math.min(10, Math.max(2, rule[name].split('\n').length));
  return element(
    'div.field',
    { key: name },
    element('label', { for: id }, label, input === 'textarea' && element('span.note', ', one a line')),
    element(input, {
      id,
      spellcheck: 'false',
      ...(input === 'textarea' && { rows }),
      ...(name === 'cacheTimeout' && { inputmode: 'numeric' }),
      'aria-invalid': isWrong && 'true',
      'aria-describedby': found && `${id}-found`,
      value: rule[name],
      oninput: ({ currentTarget }) => {
        rule[name] = currentTarget.value;
        page.onInput();
      },
    }),
    found && element('div', { id: `${id}-found` }, found),
  );
}

function methods(draft, rule, number, { onInput }) {
  const toggle = (method, isOn) => {
    const others = rule.allowedMethods.filter((one) => one !== method);
    rule.allowedMethods = isOn ? [...others, method] : others;
    onInput();
  };
  // Stores serve methods of their own; they stay until they are switched off.
  const all = [...new Set([...METHODS, ...rule.allowedMethods])];
  return element(
    'fieldset.field.methods',
    { key: 'methods' },
    element('legend', 'Allowed Methods'),
    all.map((method) =>
      element(
        'label',
        { key: method },
        element('input', {
          type: 'checkbox',
          checked: rule.allowedMethods.includes(method),
          onchange: ({ currentTarget }) => toggle(method, currentTarget.checked),
        }),
        ` ${method}`,
      ),
    ),
    findingsAt(findings(draft), number, 'allowedMethods'),
  );
}

function add(draft, { root, onInput }) {
  const rule = emptyRule();
  draft.rules.push(rule);
  onInput();
  /** @type {HTMLElement | null} */ (root.querySelector(`#${rule.key}-sources`))?.focus();
}

function remove(draft, at, { root, onInput }) {
  draft.rules.splice(at, 1);
  onInput();
  const next = draft.rules[Math.min(at, draft.rules.length - 1)];
  const target = next === undefined ? '#add' : `[data-key="${next.key}"] .remove`;
  /** @type {HTMLElement | null} */ (root.querySelector(target))?.focus();
}

/** What saving would change; what another writer has changed meanwhile. */
const consequences = ({ checked, conflict, failure }, { onRebase }) =>
  element(
    'section.card',
    { key: 'consequences', 'aria-label': 'What saving changes' },
    conflict !== null &&
      element(
        'div.problem',
        { role: 'alert' },
        element('h3', 'The rules changed while you edited them'),
        element(
          'p',
          'They are now version ',
          element('code', shortVersion(conflict.version ?? 'none')),
          '. Your draft is as you left it. The change:',
        ),
        conflict.diff === null
          ? element('p', 'The older version is no longer known here.')
          : changesOf(conflict.diff),
        element('p.actions', button('I have read it: compare my draft with the new version', onRebase)),
      ),
    failure !== null && failureOf(failure),
    element('h3', 'What saving changes'),
    checked === null
      ? element('p.note', 'Comparing…')
      : checked.isRefused
        ? element('p', 'Nothing: the document would be refused, see the findings.')
        : changesOf(checked),
    checked?.document &&
      element(
        'details',
        element('summary', 'The document as XML'),
        element('pre', { tabindex: '0' }, checked.document),
      ),
  );

const bar = (draft, { where, onSave, onDiscard }) =>
  element(
    'div.bar',
    { key: 'bar' },
    element('p', { role: 'status' }, summaryOf(draft)),
    element('p.note', 'Comments of the document are not saved.'),
    element(
      'p.actions',
      button(where === 'edge' ? 'Save at the edge' : 'Save in the bucket', () => canSave(draft) && onSave(), {
        class: 'strong',
        'aria-disabled': !canSave(draft) && 'true',
      }),
      button('Discard', onDiscard),
    ),
  );

const canSave = ({ checked, isChecked, conflict, isSaving }) =>
  isChecked && !checked.isRefused && conflict === null && !isSaving;

function summaryOf({ checked, conflict, isSaving, failure }) {
  if (isSaving) return 'Saving…';
  if (conflict !== null) return 'The rules changed meanwhile: read the change above.';
  if (failure !== null) return 'Not saved: see above.';
  if (checked === null) return 'Comparing…';
  if (checked.isRefused) return 'The document would be refused.';
  return `${counted(checked.changes.length, 'change')}, ${counted(checked.findings.length, 'finding')}`;
}
