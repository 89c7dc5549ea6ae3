/** The last versions of a bucket's rules, and what changed between any two. */

import { draw, element } from './draw.js';
import { place, rewrite } from './place.js';
import { request } from './request.js';
import { changesOf, counted, failureOf, shortVersion } from './words.js';

/** @import { VersionLine } from '../api.ts' */

/** @param {Element} root */
export function createVersions(root) {
  /** @type {readonly VersionLine[]} */
  let lines = [];
  let asked = '';
  let latest = '';
  /** @type {(HTMLElement | false)[]} */
  let diff = [];

  /** The versions to compare: those of the hash, else the newest and the one before. */
  function chosen() {
    const { from = '', to = '' } = place();
    const known = (version, otherwise) =>
      lines.some((line) => line.version === version) ? version : otherwise;
    return { from: known(from, lines[1]?.version ?? ''), to: known(to, lines[0]?.version ?? '') };
  }

  async function compare(bucket) {
    const { from, to } = chosen();
    const key = JSON.stringify([bucket, from, to]);
    if (key === asked || lines.length < 2) return;
    asked = key;
    const { status, body } = await request('diff', { bucket, from, to });
    if (key !== asked) return;
    diff = status === 200 ? changesOf(body) : [failureOf(body)];
    redraw(bucket);
  }

  const select = (name, label, bucket) =>
    element(
      'label',
      { key: name },
      `${label} `,
      element(
        'select',
        {
          onchange: ({ currentTarget }) => {
            rewrite({ [name]: currentTarget.value });
            redraw(bucket);
            compare(bucket);
          },
          value: chosen()[name],
        },
        lines.map(({ version, at, rules, isInForce }) =>
          element(
            'option',
            { key: version, value: version },
            `${shortVersion(version)} · ${new Date(at).toLocaleString()} · ${counted(rules, 'rule')}${isInForce ? ' · in force' : ''}`,
          ),
        ),
      ),
    );

  function redraw(bucket) {
    draw(
      root,
      element('h3', 'Versions'),
      lines.length < 2
        ? element(
            'p.note',
            'The edge has seen one version since it started. The next one is compared with it here.',
          )
        : element(
            'div.card',
            element('p.choose', select('from', 'From', bucket), select('to', 'to', bucket)),
            element('div', { 'aria-live': 'polite' }, diff),
          ),
    );
  }

  return {
    /** @param {string} bucket */
    async load(bucket) {
      latest = bucket;
      const { status, body } = await request('versions', { bucket });
      if (bucket !== latest) return;
      lines = status === 200 ? body : [];
      if (lines.length < 2) asked = '';
      redraw(bucket);
      await compare(bucket);
    },
    clear: () => draw(root),
  };
}
