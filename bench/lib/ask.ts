import { request } from 'node:http';
import type { Load } from './wrk.ts';

/** Milliseconds without a byte until the connection is closed. */
const IDLE_LIMIT = 30_000;

export interface Answered {
  readonly status: number;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** Bytes of the body. */
  readonly bytes: number;
}

/** Sends one request over a new connection, and reads the whole answer without storing it. */
export const ask = ({ url, method, headers }: Load): Promise<Answered> =>
  new Promise((resolve, reject) => {
    // Node adds no Host header to a flat list.
    const named = ['Host', new URL(url).host, 'Connection', 'close', ...headers];
    const asking = request(url, { method, headers: named, agent: false }, (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.rawHeaders, bytes }),
      );
    });
    asking.once('error', reject);
    asking.setTimeout(IDLE_LIMIT, () =>
      asking.destroy(new Error(`${url} sends no byte for ${IDLE_LIMIT / 1000} s`)),
    );
    asking.end();
  });

/** The first value of a header; null without one. */
export function headerOf({ headers }: Answered, name: string): string | null {
  for (let at = 0; at < headers.length; at += 2)
    if (headers[at]?.toLowerCase() === name) return headers[at + 1] ?? null;
  return null;
}
