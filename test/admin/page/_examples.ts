import type { BucketTraffic, RefusalGroup } from '../../../src/admin/api.ts';

/** A refusal, with the changes of the test. */
export const refusal = (id: string, about: Partial<RefusalGroup> = {}): RefusalGroup => ({
  id,
  bucket: 'photos',
  kind: 'preflight',
  origin: 'https://app.example',
  method: 'PUT',
  headers: ['content-type'],
  reason: 'method_not_allowed',
  because: 'Rule 1 allows the origin https://app.example but not the method PUT.',
  count: 3,
  firstAt: new Date(Date.now() - 3_600_000).toISOString(),
  lastAt: new Date(Date.now() - 12_000).toISOString(),
  path: '/uploads/a.jpg',
  cure: null,
  ...about,
});

/** An hour of a bucket. */
export const hour = (bucket: string, scale = 1): BucketTraffic => {
  const steps = Array.from({ length: 60 }, (_, at) =>
    Math.round(scale * (40 + 30 * Math.sin(at / 6) + ((at * 7) % 11))),
  );
  return {
    bucket,
    requests: steps,
    preflights: steps.map((count) => Math.round(count / 5)),
    refused: steps.map((_, at) => (at % 13 === 0 ? 4 : 0)),
    errors: steps.map((_, at) => (at === 41 ? 2 : 0)),
    bucketMs: steps.map((count, at) => (at < 5 ? null : 8 + count / 9)),
    inFlight: 3,
  };
};
