import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRefusals, type Refusal } from '../../src/rules/refusals.ts';

const refusal = (about: Partial<Refusal> = {}): Refusal => ({
  bucket: 'media',
  kind: 'preflight',
  origin: 'https://a.example',
  method: 'PUT',
  headers: 'x-b, X-A',
  reason: 'header_not_allowed',
  path: '/one',
  ...about,
});

describe('refusals', () => {
  test('are counted in groups, the last seen first, with the last path', () => {
    let clock = 1_000;
    const refusals = createRefusals({ wallClock: () => clock });
    refusals.count(refusal());
    refusals.count(refusal({ origin: 'https://b.example' }));
    clock = 2_000;
    refusals.count(refusal({ headers: 'x-a,x-b', path: '/two' }));
    expect(refusals.read()).toEqual([
      {
        ...refusal({ path: '/two' }),
        ...{ id: '1', headers: ['x-a', 'x-b'], isCut: false, count: 2, firstAt: 1_000, lastAt: 2_000 },
      },
      expect.objectContaining({ id: '2', origin: 'https://b.example', count: 1 }),
    ]);
  });

  test('of more groups than there may be drop the one that was not seen for the longest time', () => {
    const refusals = createRefusals({ most: 2 });
    for (const origin of ['https://a', 'https://b', 'https://a', 'https://c'])
      refusals.count(refusal({ origin }));
    expect(refusals.read().map(({ origin, count }) => [origin, count])).toEqual([
      ['https://c', 1],
      ['https://a', 2],
    ]);
    expect(refusals.dropped()).toBe(1);
  });

  test('with long texts are cut, and say so', () => {
    const refusals = createRefusals();
    const long = 'x'.repeat(100_000);
    refusals.count(refusal({ origin: long, method: long, headers: `${long},a`, path: long }));
    const [group] = refusals.read();
    expect(group?.isCut).toBe(true);
    expect(JSON.stringify(group).length).toBeLessThan(3_000);
  });

  test('are taken by another process, with their numbers since the last time', () => {
    const [worker, primary] = [createRefusals({ mostTaken: 2 }), createRefusals()];
    expect(worker.take()).toBeNull();
    for (const origin of ['https://a', 'https://b', 'https://c']) worker.count(refusal({ origin }));
    const hand = () => {
      const taken = worker.take();
      if (taken !== null) primary.add(structuredClone(taken));
      return taken?.groups.length;
    };
    expect([hand(), hand(), hand()]).toEqual([2, 1, undefined]);
    worker.count(refusal({ origin: 'https://b' }));
    expect(hand()).toBe(1);
    const counted = primary.read().map(({ origin, count }) => `${origin} ${count}`);
    expect(counted).toEqual(['https://b 2', 'https://a 1', 'https://c 1']);
  });

  test('never have more groups than there may be, and lose no number but those of dropped groups', () => {
    const some = fc.array(fc.record({ origin: fc.nat(9), takes: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 12 }), (seen, most) => {
        const [worker, primary] = [createRefusals({ most }), createRefusals({ most })];
        for (const { origin, takes } of seen) {
          worker.count(refusal({ origin: `https://${origin}.example` }));
          const taken = takes ? worker.take() : null;
          if (taken !== null) primary.add(taken);
          expect(worker.read().length).toBeLessThanOrEqual(most);
          expect(primary.read().length).toBeLessThanOrEqual(most);
        }
        const last = worker.take();
        if (last !== null) primary.add(last);
        const sum = primary.read().reduce((all, { count }) => all + count, 0);
        expect(sum).toBeLessThanOrEqual(seen.length);
        if (worker.dropped() + primary.dropped() === 0) expect(sum).toBe(seen.length);
      }),
    );
  });
});
