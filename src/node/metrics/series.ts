/**
 * Upper bounds of the histograms of durations, in seconds; a last class counts longer ones.
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What requests have in common that are counted together. Empty texts: without one. */
export interface SeriesLabels {
  readonly bucket: string;
  readonly kind: string;
  readonly reason: string;
  /** A method of `METHODS`, or `OTHER_METHOD`. */
  readonly method: string;
  /** Sent to the client; null if it disconnected first. */
  readonly status: number | null;
  readonly code: string;
  /** The client used TLS. */
  readonly secure: boolean;
  /** Where the bucket was asked; empty if it was not. */
  readonly server: string;
  /** Of the bucket's answer. */
  readonly bucketStatus: number | null;
}

/** How many requests took how long. */
export interface Durations {
  /** Requests per class of duration. */
  readonly classes: number[];
  /** The sum of all durations. */
  seconds: number;
}

/** The counts of requests with the same labels: plain data that can be sent to another process. */
export interface Series extends SeriesLabels {
  readonly client: Durations;
  /** Null if the bucket was not asked. */
  readonly bucketAnswer: Durations | null;
  /** Bytes of bodies. */
  received: number;
  sent: number;
}

/** Replaces the bucket's name of every request beyond the bound. */
export const OTHER = 'other';

/** Most buckets that are shown apart: clients choose the buckets of a store. */
export const BUCKETS_MOST = 200;

/**
 * The methods that metrics name.
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/#http-request-method
 */
const METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);
const OTHER_METHOD = '_OTHER';

/** The method in metrics: clients can send any word as a method. */
export const methodOf = (method: string): string => (METHODS.has(method) ? method : OTHER_METHOD);

type Label = SeriesLabels[keyof SeriesLabels];

/** The series whose labels so far are those of the path to it, by the value of the next label. */
interface Branch {
  readonly next: Map<Label, Branch>;
  series: Series | null;
  /** The series that was found last by way of this one. */
  last: Series | null;
}

/** Counts by label sets, of which there are at most `most` and one for all others. */
export function createSeries(most: number) {
  const root = newBranch();
  /** Where every path ends that would add a label set beyond the bound. */
  const overflow = newBranch();
  const all: Series[] = [];

  function step(branch: Branch, value: Label): Branch {
    const found = branch.next.get(value);
    if (found !== undefined) return found;
    if (all.length >= most) return overflow;
    const added = newBranch();
    branch.next.set(value, added);
    return added;
  }

  /** One look-up a label, since a key for all of them would be a text made for every request. */
  function branchOf(ofMethod: Branch, labels: SeriesLabels): Branch {
    let branch = step(ofMethod, labels.status);
    branch = step(branch, labels.reason);
    branch = step(branch, labels.kind);
    branch = step(branch, labels.code);
    branch = step(branch, labels.secure);
    branch = step(branch, labels.server);
    return step(branch, labels.bucketStatus);
  }

  return {
    of(labels: SeriesLabels): Series {
      const ofMethod = step(step(root, labels.bucket), labels.method);
      // Most requests are like the one before of the same bucket and method.
      const { last } = ofMethod;
      if (last !== null && hasRest(last, labels)) return last;
      const branch = branchOf(ofMethod, labels);
      if (branch.series === null) {
        branch.series = newSeries(branch === overflow ? BEYOND : labels);
        all.push(branch.series);
      }
      ofMethod.last = branch.series;
      return branch.series;
    },
    all: (): readonly Series[] => all,
  };
}

/** The labels of requests beyond the bound. */
const BEYOND: SeriesLabels = {
  bucket: OTHER,
  kind: OTHER,
  reason: OTHER,
  method: OTHER_METHOD,
  status: null,
  code: OTHER,
  secure: false,
  server: OTHER,
  bucketStatus: null,
};

const newBranch = (): Branch => ({ next: new Map(), series: null, last: null });

/** Whether a series of the same bucket and method has the other labels too. */
const hasRest = (series: Series, labels: SeriesLabels): boolean =>
  series.status === labels.status &&
  series.reason === labels.reason &&
  series.kind === labels.kind &&
  series.code === labels.code &&
  series.secure === labels.secure &&
  series.server === labels.server &&
  series.bucketStatus === labels.bucketStatus;

const newSeries = (labels: SeriesLabels): Series => ({
  ...labels,
  client: newDurations(),
  bucketAnswer: labels.server === '' ? null : newDurations(),
  received: 0,
  sent: 0,
});

/** Adds counts to those of the same labels. */
export function addSeries(to: Series, more: Series): void {
  addDurations(to.client, more.client);
  if (to.bucketAnswer !== null && more.bucketAnswer !== null)
    addDurations(to.bucketAnswer, more.bucketAnswer);
  to.received += more.received;
  to.sent += more.sent;
}

export const newDurations = (): Durations => ({ classes: new Array(SECONDS.length + 1).fill(0), seconds: 0 });

/** Adds one duration. */
export function addDuration(to: Durations, milliseconds: number): void {
  const seconds = milliseconds / 1000;
  const at = classOf(seconds);
  to.classes[at] = (to.classes[at] ?? 0) + 1;
  to.seconds += seconds;
}

export function addDurations(to: Durations, { classes, seconds }: Durations): void {
  for (const [at, more] of classes.entries()) to.classes[at] = (to.classes[at] ?? 0) + more;
  to.seconds += seconds;
}

export const countOf = ({ classes }: Durations): number => classes.reduce((sum, count) => sum + count, 0);

/** The index of a duration's class. A linear search, since most requests are in one of the first. */
function classOf(seconds: number): number {
  let at = 0;
  while (at < SECONDS.length && seconds > (SECONDS[at] ?? 0)) at += 1;
  return at;
}
