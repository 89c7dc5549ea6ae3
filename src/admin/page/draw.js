/**
 * Draws trees of elements onto the page. A redraw changes only what differs: focus, selection, scroll positions and open
 * details stay. Texts of requests are hostile: all text is set as text, never as markup, with its control and direction
 * characters written out.
 */

/** @typedef {Node | string | false | null | undefined} Child */

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'rect', 'line']);
/** What a redraw copies from the new element: the listeners know the new values. */
const LISTENERS = /** @type {const} */ (['onclick', 'oninput', 'onchange', 'ontoggle', 'onsubmit']);

/** @typedef {Record<string, unknown>} Attributes */

/**
 * Makes an element: `element('p.note', { id: 'a' }, 'text', child)`, with or without attributes. `key` names it among its
 * siblings; functions, `value` and `checked` are properties. An attribute that is undefined, null or false is left out.
 *
 * @param {string} name a tag and its classes
 * @param {...(Attributes | Child | Child[])} rest
 * @returns {HTMLElement}
 */
export function element(name, ...rest) {
  const [tag = '', ...classes] = name.split('.');
  const made = /** @type {HTMLElement} */ (
    SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag)
  );
  if (classes.length > 0) made.setAttribute('class', classes.join(' '));
  const [attributes, children] = isAttributes(rest[0]) ? [rest[0], rest.slice(1)] : [{}, rest];
  made.append(.../** @type {Child[]} */ (children.flat()).filter(isShown).map(visible));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'key') made.dataset.key = String(value);
    else if (typeof value === 'function' || name === 'value' || name === 'checked')
      Object.assign(made, { [name]: value });
    else made.setAttribute(name, String(value));
  }
  return made;
}

/** @param {unknown} value @returns {value is Attributes} */
const isAttributes = (value) => value?.constructor === Object;

/** @param {Child} child @returns {child is Node | string} */
const isShown = (child) => child instanceof Node || (typeof child === 'string' && child !== '');

/** @param {Node | string} child */
const visible = (child) =>
  typeof child === 'string'
    ? child.replace(
        /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    : child;

/**
 * Makes the children of `parent` like `children`. Focus stays where it was, also if its element moves.
 *
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function draw(parent, ...children) {
  const focused = document.activeElement;
  const fragment = document.createDocumentFragment();
  fragment.append(...children.flat().filter(isShown).map(visible));
  const around = focused !== null && parent.contains(focused) ? focused.closest('main > section') : null;
  patchChildren(parent, [...fragment.childNodes]);
  if (focused === document.activeElement || !(focused instanceof HTMLElement)) return;
  if (focused.isConnected) focused.focus({ preventScroll: true });
  else around?.querySelector('h2')?.focus({ preventScroll: true });
}

/** @type {(node: Node) => string | undefined} */
const keyOf = (node) => (node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined);

/** @type {(parent: Node, wanted: readonly Node[]) => void} */
function patchChildren(parent, wanted) {
  const keys = new Set(wanted.map(keyOf));
  const keyed = new Map();
  for (const node of [...parent.childNodes]) {
    const key = keyOf(node);
    if (key === undefined) continue;
    if (keys.has(key)) keyed.set(key, node);
    else parent.removeChild(node);
  }
  /** @type {Node | null} */
  let at = parent.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    const found = key === undefined ? alike(at, node) : keyed.get(key);
    if (!found || found.nodeName !== node.nodeName) {
      parent.insertBefore(node, at);
      continue;
    }
    // What stood between is gone, so that what stays need not move.
    while (at !== null && at !== found && keyOf(at) === undefined) at = removed(at);
    if (found === at) at = found.nextSibling;
    else parent.insertBefore(found, at);
    patch(found, node);
  }
  while (at !== null) at = removed(at);
}

/** The first sibling from `at` on that has no key and is the same kind of element. @type {(at: Node | null, node: Node) => Node | null} */
function alike(at, node) {
  for (let one = at; one !== null; one = one.nextSibling)
    if (keyOf(one) === undefined && one.nodeName === node.nodeName && classOf(one) === classOf(node))
      return one;
  return null;
}

/** @param {Node} node */
const classOf = (node) => (node instanceof Element ? node.getAttribute('class') : null);

/** Removes a node and returns the one after it. @param {Node} node */
function removed(node) {
  const { nextSibling } = node;
  node.parentNode?.removeChild(node);
  return nextSibling;
}

/** @type {(old: Node, wanted: Node) => void} */
function patch(old, wanted) {
  if (old instanceof CharacterData) {
    if (old.data !== wanted.textContent) old.data = wanted.textContent ?? '';
    return;
  }
  if (!(old instanceof Element) || !(wanted instanceof Element)) return;
  // The reader opens and closes details.
  for (const { name } of [...old.attributes])
    if (!wanted.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (!(old instanceof HTMLTextAreaElement)) patchChildren(old, [...wanted.childNodes]);
  if (old instanceof HTMLElement && wanted instanceof HTMLElement)
    for (const name of LISTENERS) Object.assign(old, { [name]: wanted[name] });
  if ('value' in old && 'value' in wanted && old.value !== wanted.value) old.value = wanted.value;
  if (old instanceof HTMLInputElement && wanted instanceof HTMLInputElement) old.checked = wanted.checked;
}
