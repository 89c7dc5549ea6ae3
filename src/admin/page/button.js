import { element } from './draw.js';

/**
 * @param {string} label
 * @param {(event: MouseEvent & { currentTarget: HTMLElement }) => void} onclick
 * @param {import('./draw.js').Attributes} [attributes]
 */
export const button = (label, onclick, attributes) =>
  element('button', { key: label, type: 'button', onclick, ...attributes }, label);

/**
 * A button that copies a text, and says so in its own words.
 *
 * @param {string} text
 */
export const copyButton = (text) =>
  button('Copy', async ({ currentTarget }) => {
    // Browsers offer the clipboard on https and on loopback only.
    const isDone = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    currentTarget.textContent = isDone ? 'Copied' : 'Cannot copy here: select the text';
  });
