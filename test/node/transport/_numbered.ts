import type { Socket } from 'node:net';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { openRaw, type RawBucket } from '../server/_raw.ts';

/** Answers one request of a bucket. */
export type Act = (socket: Socket) => void;

export interface Numbered {
  readonly edge: NodeEdge;
  readonly bucket: RawBucket;
  /** The number of the connection that carried each request, from 1. */
  readonly carried: number[];
  close(): Promise<void>;
}

/** An edge and its bucket, which answers the first request with the first text or act, and all later ones with the last. */
export async function openNumbered(...answers: readonly (string | Act)[]): Promise<Numbered> {
  const numbers = new Map<Socket, number>();
  const carried: number[] = [];
  const bucket = await openRaw((socket, text) => {
    if (!/^[A-Z]+ \//.test(text)) return;
    const number = numbers.get(socket) ?? numbers.size + 1;
    numbers.set(socket, number);
    const answer = answers[Math.min(carried.length, answers.length - 1)] ?? '';
    carried.push(number);
    if (typeof answer === 'string') socket.write(answer, 'latin1');
    else answer(socket);
  });
  const timeouts = { connect: 1_000, head: 1_000, idle: 1_000 };
  const edge = await openOnNode({ buckets: [{ name: 'bucket', url: bucket.url }], timeouts });
  return {
    edge,
    bucket,
    carried,
    close: async () => {
      await edge.close();
      await bucket.close();
      if (edge.errors.length > 0) throw new Error('the edge failed on a request', { cause: edge.errors });
    },
  };
}
