import { LRUCache } from 'lru-cache';
import { requestedNames } from '../cors/decide.ts';
import type { Reason } from '../cors/reason.ts';

/** Why a page does not get an answer. */
export type RefusalReason =
  | Exclude<Reason, 'matched' | 'not_cors'>
  /** The rules allow it, and the answer to a request with cookies has no Access-Control-Allow-Credentials. */
  | 'credentials_not_allowed';

/** A request that a page loses. */
export interface Refusal {
  readonly bucket: string;
  readonly kind: 'preflight' | 'actual';
  readonly origin: string;
  /** The method that the page wants to use. */
  readonly method: string;
  /** Access-Control-Request-Headers, as received. */
  readonly headers: string | null;
  readonly reason: RefusalReason;
  readonly path: string;
}

/** Refusals that are alike but for their paths. Texts are cut. */
export interface RefusedGroup extends Omit<Refusal, 'headers'> {
  readonly id: string;
  /** Requested names, sorted, lower-cased. */
  readonly headers: readonly string[];
  /** True: a text was cut, and the group says no request exactly. */
  readonly isCut: boolean;
  readonly count: number;
  /** Epoch milliseconds of the wall clock, to be shown. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What was counted since the last time, for another process. */
export interface RefusalsTaken {
  readonly groups: readonly RefusedGroup[];
  readonly dropped: number;
}

/** Counts refusals in groups. */
export interface Refusals {
  count(refusal: Refusal): void;
  /** All groups, the last seen first. */
  read(): readonly RefusedGroup[];
  /** Groups that were dropped for newer ones. */
  dropped(): number;
  /** Returns the groups that were counted on since the last call, at most `mostTaken`; null without one. */
  take(): RefusalsTaken | null;
  /** Adds what another process has taken. */
  add(taken: RefusalsTaken): void;
}

export interface RefusalsOptions {
  /** Most groups: of more, the one that was not seen for the longest time is dropped. */
  readonly most?: number;
  /** Most groups of one `take`. */
  readonly mostTaken?: number;
  readonly wallClock?: () => number;
}

/** Characters. Clients choose these texts. */
const MAX_TEXT = 300;
const MAX_HEADERS = 1_000;

const NO_HEADERS: readonly string[] = [];

interface Counted extends RefusedGroup {
  count: number;
  lastAt: number;
  path: string;
  /** Not taken yet. */
  fresh: number;
}

/** Counts refusals in a bounded number of groups. It runs for every refused request. */
export function createRefusals(options: RefusalsOptions = {}): Refusals {
  const { most = 500, mostTaken = 100, wallClock = Date.now } = options;
  let dropped = 0;
  let droppedTaken = 0;
  let lastId = 0;
  const groups = new LRUCache<string, Counted>({
    max: most,
    dispose: (_, __, why) => {
      if (why === 'evict') dropped += 1;
    },
  });

  function seen(group: Omit<RefusedGroup, 'id'>): void {
    const { bucket, kind, origin, method, headers, reason, path, count, lastAt } = group;
    // None has a line break: they are values of headers, a method, and words.
    const key = `${bucket}\n${kind}\n${origin}\n${method}\n${reason}\n${headers.join('\n')}`;
    const found = groups.get(key);
    if (found === undefined) {
      lastId += 1;
      groups.set(key, { ...group, id: String(lastId), fresh: count });
      return;
    }
    found.count += count;
    found.fresh += count;
    found.lastAt = Math.max(found.lastAt, lastAt);
    found.path = path;
  }

  return {
    count(refusal) {
      const at = wallClock();
      seen({ ...bounded(refusal), count: 1, firstAt: at, lastAt: at });
    },
    read: () => [...groups.values()].map(({ fresh: _, ...group }) => group),
    dropped: () => dropped,
    take() {
      const counted = [...groups.values()].filter(({ fresh }) => fresh > 0).slice(0, mostTaken);
      const lost = dropped - droppedTaken;
      if (counted.length === 0 && lost === 0) return null;
      droppedTaken = dropped;
      const taken = counted.map(({ fresh, ...group }) => ({ ...group, count: fresh }));
      for (const group of counted) group.fresh = 0;
      return { groups: taken.reverse(), dropped: lost };
    },
    add(taken) {
      dropped += taken.dropped;
      for (const { id: _, ...group } of taken.groups) seen(group);
    },
  };
}

function bounded(refusal: Refusal): Omit<RefusedGroup, 'id' | 'count' | 'firstAt' | 'lastAt'> {
  const { origin, method, path } = refusal;
  const headers = refusal.headers ?? '';
  // No header has the ellipsis: it stands for a part of the origin that may be a secret.
  const isCut =
    origin.length > MAX_TEXT ||
    origin.includes('…') ||
    method.length > MAX_TEXT ||
    headers.length > MAX_HEADERS;
  return {
    bucket: refusal.bucket,
    kind: refusal.kind,
    reason: refusal.reason,
    origin: cut(origin),
    method: cut(method),
    path: cut(path),
    headers: headers === '' ? NO_HEADERS : [...requestedNames(headers.slice(0, MAX_HEADERS))].sort(),
    isCut,
  };
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
