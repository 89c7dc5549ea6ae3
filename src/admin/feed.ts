import { monotonic } from '../rules/clock.ts';
import type { Refusals, RefusedGroup } from '../rules/refusals.ts';
import type { RefusalGroup, Traffic, WaitingGroup } from './api.ts';
import type { Cures, GroupRules } from './cures.ts';
import type { Sent, Streams } from './streams.ts';

export interface FeedOptions {
  readonly streams: Streams;
  readonly refusals: Pick<Refusals, 'read'>;
  readonly cures: Cures;
  /** The rules of a bucket by its name; null: it is not served. */
  readonly rulesOf: (bucket: string) => GroupRules | null;
  readonly traffic?: () => Traffic;
  readonly now?: () => number;
}

/** What is sent to the clients of the events, and when. */
export interface Feed {
  /** Sends the state to a new client, as much of it as is explained within a short time; the rest follows as events. */
  begin(send: (sent: Sent) => void): void;
  /** The groups with their explanations, the newest first, as many as are explained within a short time. */
  read(): readonly RefusalGroup[];
  /** Sends what was counted since; call it every second. */
  tick(): void;
  /** The rules of a bucket have changed: its groups are explained again. */
  changed(bucket: string): void;
}

/** Milliseconds of one turn for explanations, in the process that may serve clients too. */
const TURN = 25;
/** After a turn, how many times as long none follows: large rules take longer than a turn for one explanation. */
const REST = 20;
/** Characters of one turn: each cure has the whole rule set. */
const TURN_LENGTH = 1_000_000;
const TRAFFIC_EVERY = 5;

export function createFeed(options: FeedOptions): Feed {
  const { streams, refusals, cures, rulesOf, traffic, now = monotonic } = options;
  /** The count with which each group was sent last. */
  const sent = new Map<string, number>();
  /** The clients know of groups that follow. */
  let isWaiting = false;
  let ticks = 0;
  let restUntil = Number.NEGATIVE_INFINITY;

  /** Explains groups in turn, while there is time and room. At least one. */
  function* explained(groups: readonly RefusedGroup[]): Generator<RefusalGroup> {
    const began = now();
    let length = 0;
    for (const group of groups) {
      const described = cures.describe(group, rulesOf(group.bucket));
      length += JSON.stringify(described).length;
      yield described;
      const took = now() - began;
      restUntil = began + took * (1 + REST);
      if (length > TURN_LENGTH || took > TURN) return;
    }
  }

  function forget(groups: readonly RefusedGroup[]): void {
    const present = new Set(groups.map(({ id }) => id));
    for (const id of sent.keys()) if (!present.has(id)) sent.delete(id);
  }

  function sendCounted(): void {
    const groups = refusals.read();
    forget(groups);
    const counted = groups.filter(({ id, count }) => sent.get(id) !== count);
    for (const group of explained(counted)) {
      sent.set(group.id, group.count);
      streams.send({ event: 'refusal', data: group });
    }
    const rest = waitingOf(counted.filter(({ id, count }) => sent.get(id) !== count));
    if (rest.length > 0 || isWaiting) streams.send({ event: 'waiting', data: rest });
    isWaiting = rest.length > 0;
  }

  return {
    begin(send) {
      const groups = refusals.read();
      const first = [...explained(groups)];
      for (const { id, count } of first) sent.set(id, count);
      // Every client gets the rest: those that have it get it once more.
      const rest = groups.slice(first.length);
      for (const { id } of rest) sent.delete(id);
      if (rest.length > 0) isWaiting = true;
      send({ event: 'waiting', data: waitingOf(rest) });
      send({ event: 'refusals', data: first });
      if (traffic) send({ event: 'traffic', data: traffic() });
    },
    read: () => [...explained(refusals.read())],
    tick() {
      ticks += 1;
      if (streams.count() === 0) return;
      if (now() >= restUntil) sendCounted();
      if (traffic && ticks % TRAFFIC_EVERY === 0) streams.send({ event: 'traffic', data: traffic() });
    },
    changed(bucket) {
      streams.send({ event: 'rules', data: { bucket } });
      for (const group of refusals.read()) if (group.bucket === bucket) sent.delete(group.id);
    },
  };
}

const waitingOf = (groups: readonly RefusedGroup[]): readonly WaitingGroup[] =>
  groups.map(({ id, bucket, count }) => ({ id, bucket, count }));
