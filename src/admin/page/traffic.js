/** The Traffic view: the last hour as small charts and as a table, of one bucket or of all. */

import { chartOf, numeral } from './chart.js';
import { draw, element } from './draw.js';
import { hashOf } from './place.js';
import { counted } from './words.js';

/** @import { BucketTraffic, Traffic } from '../api.ts' */

const COUNTS = /** @type {const} */ (['requests', 'preflights', 'refused', 'errors']);
/** Buckets in the table: the busiest. */
const MOST_BUCKETS = 50;

/** @param {{ root: Element, bucket: () => string, isVisible: () => boolean }} page */
export function createTraffic({ root, bucket, isVisible }) {
  /** @type {Traffic | null} */
  let traffic = null;

  function redraw() {
    if (!isVisible()) return;
    if (traffic === null) return draw(root, element('p.note', 'Waiting for the first counts…'));
    const { buckets, at, stepSeconds } = traffic;
    const shown = bucket() === '' ? buckets : buckets.filter((one) => one.bucket === bucket());
    if (shown.length === 0) return draw(root, element('p.empty', 'No request in the last hour.'));
    const hour = addUp(shown);
    draw(
      root,
      element('p.lead', `The last hour, a bar a minute. ${counted(hour.inFlight, 'request')} in flight now.`),
      element(
        'div.charts',
        chartOf('Requests', hour.requests, numeral(sum(hour.requests))),
        chartOf('Preflights', hour.preflights, numeral(sum(hour.preflights))),
        chartOf('Refused', hour.refused, numeral(sum(hour.refused))),
        chartOf('Errors', hour.errors, numeral(sum(hour.errors))),
        chartOf(
          'Bucket latency',
          hour.bucketMs,
          `${numeral(hour.bucketMs.findLast((ms) => ms !== null) ?? null)} ms`,
          ' ms',
        ),
      ),
      buckets.length > 1 && bucket() === '' && bucketTable(buckets),
      element(
        'details',
        element('summary', 'The hour as a table'),
        minuteTable(hour, Date.parse(at), stepSeconds),
      ),
    );
  }

  return {
    redraw,
    /** @param {Traffic} next */
    replace(next) {
      traffic = next;
      redraw();
    },
  };
}

/** @param {readonly (number | null)[]} values */
const sum = (values) => values.reduce((/** @type {number} */ total, value) => total + (value ?? 0), 0);

/**
 * The hour of several buckets. Latency is the mean of the buckets' means by their requests.
 *
 * @param {readonly BucketTraffic[]} buckets
 */
function addUp(buckets) {
  const steps = buckets[0]?.requests.map((_, at) => at) ?? [];
  const total = (name) => steps.map((at) => buckets.reduce((all, one) => all + one[name][at], 0));
  const latency = (at) => {
    const known = buckets.filter((one) => one.bucketMs[at] !== null);
    const weight = known.reduce((all, one) => all + (one.requests[at] ?? 0), 0);
    if (weight === 0) return null;
    return known.reduce((all, one) => all + (one.bucketMs[at] ?? 0) * (one.requests[at] ?? 0), 0) / weight;
  };
  return {
    requests: total('requests'),
    preflights: total('preflights'),
    refused: total('refused'),
    errors: total('errors'),
    bucketMs: steps.map(latency),
    inFlight: buckets.reduce((all, { inFlight }) => all + inFlight, 0),
  };
}

const table = (caption, heads, rows) =>
  element(
    'div.scroll',
    { tabindex: '0', role: 'region', 'aria-label': caption },
    element(
      'table',
      element('caption', caption),
      element(
        'thead',
        element(
          'tr',
          heads.map((head) => element('th', { scope: 'col' }, head)),
        ),
      ),
      element('tbody', rows),
    ),
  );

/** @param {readonly BucketTraffic[]} buckets */
function bucketTable(buckets) {
  const busiest = [...buckets]
    .sort((one, other) => sum(other.requests) - sum(one.requests))
    .slice(0, MOST_BUCKETS);
  const caption =
    busiest.length < buckets.length ? `The busiest ${MOST_BUCKETS} of ${buckets.length} buckets` : 'Buckets';
  return table(
    caption,
    ['Bucket', 'Requests', 'Preflights', 'Refused', 'Errors', 'In flight'],
    busiest.map((one) =>
      element(
        'tr',
        { key: one.bucket },
        element(
          'th',
          { scope: 'row' },
          element('a', { href: hashOf({ view: 'traffic', bucket: one.bucket }) }, one.bucket),
        ),
        COUNTS.map((name) => element('td', numeral(sum(one[name])))),
        element('td', numeral(one.inFlight)),
      ),
    ),
  );
}

/** The newest minute first. @param {ReturnType<typeof addUp>} hour @param {number} end @param {number} stepSeconds */
function minuteTable(hour, end, stepSeconds) {
  const steps = hour.requests.length;
  const start = (at) => new Date(end - (steps - at) * stepSeconds * 1000);
  return table(
    'By minute, the newest first',
    ['From', 'Requests', 'Preflights', 'Refused', 'Errors', 'Bucket ms'],
    hour.requests
      .map((_, at) =>
        element(
          'tr',
          element(
            'th',
            { scope: 'row' },
            start(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
          ),
          COUNTS.map((name) => element('td', numeral(hour[name][at] ?? null))),
          element('td', numeral(hour.bucketMs[at] ?? null)),
        ),
      )
      .reverse(),
  );
}
