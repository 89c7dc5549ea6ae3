import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  claimsOf,
  lateness,
  leastServed,
  mostWaiting,
  shareOf,
} from '../../../src/node/server/fair-share.ts';
import { createGate, type Permit, type Turn } from '../../../src/node/transport/gate.ts';

const standing = fc.record({ passing: fc.nat(20), waiting: fc.nat(20) });
const standings = fc.array(standing, { maxLength: 12 });

describe('the client that is served next', () => {
  test('has the fewest requests under way, and is the first of several such clients', () => {
    fc.assert(
      fc.property(standings, (clients) => {
        const least = Math.min(...clients.map(({ passing }) => passing));
        expect(leastServed(clients)).toBe(clients.find(({ passing }) => passing === least) ?? null);
      }),
    );
  });
});

describe('the client that makes room in a full queue', () => {
  test('has the most waiting, and afterwards at least as many as the other', () => {
    fc.assert(
      fc.property(standings, standing, (clients, other) => {
        const most = Math.max(0, ...clients.map(({ waiting }) => waiting));
        const found = mostWaiting(clients, other);
        expect(found === null).toBe(most <= other.waiting + 1);
        if (found === null) return;
        expect(found.waiting).toBe(most);
        expect(found.waiting - 1).toBeGreaterThanOrEqual(other.waiting + 1);
      }),
    );
  });
});

describe('claims', () => {
  test('bring no client beyond its share, and every client to one request', () => {
    fc.assert(
      fc.property(standing, fc.integer({ min: 1, max: 100 }), fc.nat(20), (client, percent, connections) => {
        const share = shareOf(connections, percent);
        const claims = claimsOf(client, share);
        expect(claims).toBeLessThanOrEqual(client.waiting);
        if (claims > 0) expect(client.passing + claims).toBeLessThanOrEqual(Math.max(1, share));
        if (client.passing === 0 && client.waiting > 0) expect(claims).toBeGreaterThan(0);
      }),
    );
  });
});

const look = fc.record({
  seconds: fc.integer({ min: 1, max: 100 }),
  bytes: fc.nat(10_000),
  waits: fc.boolean(),
});
const RATE = 1_000;
const lateAfter = (looks: readonly { seconds: number; bytes: number; waits: boolean }[]): number =>
  looks.reduce((late, one) => lateness(late, one, RATE), 0);

describe('lateness', () => {
  test('is never negative and never exceeds the time that the edge waited for the client', () => {
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        const waited = looks.reduce((sum, { waits, seconds }) => sum + (waits ? seconds : 0), 0);
        expect(lateAfter(looks)).toBeGreaterThanOrEqual(0);
        expect(lateAfter(looks)).toBeLessThanOrEqual(waited);
      }),
    );
  });

  test('stays 0 for a client at the least rate in each interval', () => {
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        const quick = looks.map((one) => ({ ...one, bytes: Math.max(one.bytes, one.seconds * RATE) }));
        expect(lateAfter(quick)).toBe(0);
      }),
    );
  });

  test('counts a stall in full, however fast the client was before it', () => {
    fc.assert(
      fc.property(fc.array(look), fc.integer({ min: 1, max: 100 }), (looks, seconds) => {
        const stalled = [...looks, { seconds, bytes: 0, waits: true }];
        expect(lateAfter(stalled)).toBeGreaterThanOrEqual(seconds);
      }),
    );
  });
});

/** An event at a gate: a request of a client arrives, or the request at an index of the passing or waiting ones leaves. */
const event = fc.oneof(
  fc.record({ kind: fc.constant('enter' as const), client: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ kind: fc.constant('leave' as const), at: fc.nat(10) }),
  fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(10) }),
);

test('for all sequences of arrivals and departures a gate is fair, loses no request, and leaves no place unused', () => {
  const limits = fc.record({
    connections: fc.integer({ min: 1, max: 5 }),
    queue: fc.nat(6),
    wait: fc.constant(60_000),
  });
  fc.assert(
    fc.property(limits, fc.array(event, { maxLength: 80 }), (given, events) => {
      const gate = createGate(given);
      const permits = new Map<Turn, Permit>();
      const passing: Turn[] = [];
      const waiting: Turn[] = [];
      const refused: Turn[] = [];
      const of = (turns: readonly Turn[], key: string) => turns.filter(({ client }) => client === key).length;
      const drop = (turns: Turn[], turn: Turn) => {
        const at = turns.indexOf(turn);
        if (at >= 0) turns.splice(at, 1);
        return at >= 0;
      };
      const turnOf = (client: string): Turn => {
        const turn: Turn = {
          client,
          go: () => {
            if (drop(waiting, turn)) {
              const fewest = Math.min(...[turn, ...waiting].map((one) => of(passing, one.client)));
              expect(of(passing, client)).toBe(fewest);
            }
            passing.push(turn);
          },
          refuse: () => {
            drop(waiting, turn);
            refused.push(turn);
          },
          moved: () => 0,
          waits: () => false,
          end: () => {
            throw new Error('nothing is ended without a share');
          },
        };
        permits.set(turn, gate.permit(turn));
        return turn;
      };
      const release = (turn: Turn | undefined) => turn && permits.get(turn)?.release();
      for (const one of events) {
        if (one.kind === 'enter') {
          const turn = turnOf(one.client);
          const [before, had] = [refused.length, of(waiting, one.client)];
          const most = Math.max(0, ...['a', 'b', 'c', 'd'].map((client) => of(waiting, client)));
          waiting.push(turn);
          permits.get(turn)?.request();
          // Only a client with two more loses a place in the queue.
          if (refused.length > before && refused.at(-1) !== turn) expect(most).toBeGreaterThan(had + 1);
        } else if (one.kind === 'leave') {
          const [turn] = passing.splice(one.at % (passing.length || 1), 1);
          release(turn);
        } else {
          const [turn] = waiting.splice(one.at % (waiting.length || 1), 1);
          release(turn);
        }
        expect(passing.length).toBeLessThanOrEqual(given.connections);
        expect(waiting.length).toBeLessThanOrEqual(given.queue);
        if (waiting.length > 0) expect(passing.length).toBe(given.connections);
      }
      for (const turn of waiting.splice(0)) release(turn);
    }),
    { numRuns: 500 },
  );
});
