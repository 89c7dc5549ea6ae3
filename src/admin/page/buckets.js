/** The bucket chooser: the name of the only bucket, or a field that suggests names while one types. */

import { draw, element } from './draw.js';
import { place } from './place.js';
import { request } from './request.js';

/** Names that the field suggests at a time. */
const MOST = 50;

/** @param {Element} root @param {(bucket: string) => void} onChoose `''`: all buckets */
export function createBuckets(root, onChoose) {
  /** @type {readonly string[]} */
  let names = [];
  let chosen = '';
  let typed = '';

  function redraw() {
    const [only] = names;
    if (names.length === 1 && only !== undefined)
      return draw(root, element('p', 'Bucket ', element('bdi.name', { title: only }, only)));
    const found = names.filter((name) => name.includes(typed)).slice(0, MOST);
    draw(
      root,
      element('label', { for: 'bucket' }, 'Bucket'),
      element('input', {
        id: 'bucket',
        list: 'bucket-names',
        placeholder: `all ${names.length.toLocaleString('en')} buckets`,
        spellcheck: 'false',
        autocomplete: 'off',
        value: typed,
        oninput: ({ currentTarget }) => {
          typed = currentTarget.value;
          if (typed === '' || names.includes(typed)) choose(typed);
          redraw();
        },
        // What is no bucket's name is not chosen, and does not look as if it were.
        onchange: () => {
          typed = chosen;
          redraw();
        },
      }),
      element(
        'datalist',
        { id: 'bucket-names' },
        found.map((name) => element('option', { key: name, value: name })),
      ),
    );
  }

  /** @param {string} name */
  function choose(name) {
    if (name === chosen) return;
    chosen = name;
    onChoose(name);
  }

  /** Returns whether the edge has answered. */
  async function load() {
    const { status, body } = await request('buckets', {});
    if (status === 200) names = body.buckets;
    redraw();
    return status === 200;
  }

  return {
    load,
    /** Reads the names again if a bucket is new. @param {string} name */
    learn: (name) => names.includes(name) || load(),
    /** The bucket that the views show; `''`: all. */
    current: () => (names.length === 1 ? (names[0] ?? '') : (place().bucket ?? '')),
    /** Takes the bucket of the hash. @param {string} name */
    take(name) {
      chosen = name;
      typed = name;
      redraw();
    },
  };
}
