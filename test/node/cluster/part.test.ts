import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partOf } from '../../../src/node/frontend.ts';

test.each([
  [1, { connections: 256, queue: 512, wait: 10 }],
  [2, { connections: 128, queue: 256, wait: 10 }],
  [3, { connections: 85, queue: 171, wait: 10 }],
  [256, { connections: 1, queue: 2, wait: 10 }],
])('the limits of a bucket are divided among %i worker processes', (workers, part) => {
  expect(partOf({ connections: 256, queue: 512, wait: 10 }, workers)).toEqual(part);
});

test('each worker process has at least one connection, and no queue if the queue is 0', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 256 }),
      (connections, workers) => {
        const part = partOf({ connections, queue: 0, wait: 1 }, workers);
        expect(part.connections).toBeGreaterThanOrEqual(1);
        expect(part.connections * workers).toBeLessThanOrEqual(Math.max(connections, workers));
        expect(part.queue).toBe(0);
      },
    ),
  );
});
