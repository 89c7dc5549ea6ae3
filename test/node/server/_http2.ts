import type { ClientHttp2Session } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import type { Asked } from '../../helpers/upstream.ts';
import { ONE_ORIGIN } from '../../suite/sets.ts';

export interface Http2 {
  /** It also has a bucket `other` with the host other.test. */
  edge(): NodeEdge;
  /** The test's connection. */
  session(): ClientHttp2Session;
  /** The bucket's first request; fails the test without one. */
  asked(): Asked;
}

/** An edge that speaks HTTP/2 for all tests of a file, and a connection for each. */
export function useHttp2(): Http2 {
  let edge: NodeEdge;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    const buckets = [{ name: 'bucket' }, { name: 'other', hosts: ['other.test'] }];
    edge = await openOnNode({ rules: ONE_ORIGIN, buckets }, undefined, { certificate: certificate() });
  });
  beforeEach(async () => {
    edge.bucket.reset();
    session = await h2(edge.url);
  });
  afterEach(() => session.destroy());
  afterAll(async () => {
    await edge.close();
    expect(edge.errors).toEqual([]);
  });
  return {
    edge: () => edge,
    session: () => session,
    asked: () => {
      const [first] = edge.bucket.asked;
      if (first === undefined) throw new Error('the bucket was not asked');
      return first;
    },
  };
}
