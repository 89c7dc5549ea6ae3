/** Creates an element: `element('p', { class: 'x' }, 'text', child)`. Functions such as `onclick` become listeners. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Creates a list of labelled values; `data-fact` of each is its label in kebab case. */
export function facts(pairs) {
  return element(
    'dl',
    { class: 'facts' },
    ...pairs.map(([label, value]) =>
      element(
        'div',
        {},
        element('dt', {}, label),
        element('dd', { 'data-fact': label.toLowerCase().replaceAll(' ', '-') }, value),
      ),
    ),
  );
}
