import { element } from './draw.js';

/**
 * A button that copies a text, and says so in its own words.
 *
 * @param {string} text
 */
export const copyButton = (text) =>
  element(
    'button',
    {
      type: 'button',
      class: 'copy',
      onclick: async ({ currentTarget: button }) => {
        // Browsers offer the clipboard on https and on loopback only.
        const isDone = await navigator.clipboard?.writeText(text).then(
          () => true,
          () => false,
        );
        button.textContent = isDone ? 'Copied' : 'Cannot copy here: select the text';
      },
    },
    'Copy',
  );
