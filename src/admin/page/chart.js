/** A small chart of the last hour: a bar a step, with a sentence in place of the picture for those who cannot see it. */

import { element } from './draw.js';

const HEIGHT = 40;
const WIDTH = 4;

/**
 * @param {string} label
 * @param {readonly (number | null)[]} values
 * @param {string} total the hour in a number
 * @param {string} [unit]
 */
export function chartOf(label, values, total, unit = '') {
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const bars = values.map((value, at) => {
    const height = value === null || value === 0 ? 0 : Math.max(1, (value / most) * HEIGHT);
    return height > 0 && element('rect', { x: at * WIDTH, y: HEIGHT - height, width: WIDTH - 1, height });
  });
  return element(
    'figure.card.chart',
    element('figcaption', element('h3', label), element('p', total)),
    element(
      'svg',
      {
        viewBox: `0 0 ${Math.max(1, values.length) * WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${label}, a bar a minute: at most ${numeral(most)}${unit}`,
      },
      bars,
    ),
    element(
      'p.axis',
      { 'aria-hidden': 'true' },
      element('span', 'an hour ago'),
      element('span', `max ${numeral(most)}${unit}`),
      element('span', 'now'),
    ),
  );
}

/** @param {number | null} value */
export const numeral = (value) =>
  value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
