import { openReader } from '../../../src/node/http1/reader.ts';

const FAULTS: ReadonlySet<unknown> = new Set(['ERR_ANSWER_INVALID', 'ERR_BUCKET_CLOSED']);

/** What a client takes bytes for. */
export interface Verdict {
  readonly isComplete: boolean;
  /** Of the final head; 0 without one. */
  readonly status: number;
  /** Flat, without the blanks around values. */
  readonly headers: readonly string[];
  /** Latin-1. */
  readonly body: string;
}

/** What the reader takes bytes for. */
export interface Reading extends Verdict {
  readonly informational: number;
  /** As reported with the head. */
  readonly length: number;
  /** How many bytes belong to the response. */
  readonly taken: number;
  readonly persists: boolean;
  readonly keepAlive: number | null;
  /** The message of the fault; '' without one. */
  readonly fault: string;
}

export const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');

/** Reads bytes that come in parts, cut at these places, and then the close of the connection. */
export function read(bytes: Buffer, method = 'GET', cuts: readonly number[] = []): Reading {
  const seen = { isComplete: false, status: 0, headers: [] as readonly string[], body: '' };
  const also = { informational: 0, length: -1, taken: 0, fault: '' };
  const reader = openReader({
    informational: () => {
      also.informational += 1;
    },
    head: (status, headers, length) => {
      Object.assign(seen, { status, headers });
      also.length = length;
    },
    data: (chunk) => {
      seen.body += chunk.toString('latin1');
    },
    end: () => {
      seen.isComplete = true;
    },
  });
  reader.begin(method);
  try {
    for (const part of partsOf(bytes, cuts)) {
      const count = reader.take(part);
      also.taken += count;
      if (count < part.length) break;
    }
    reader.close();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !FAULTS.has(error.code)) throw error;
    also.fault = error.message;
  }
  return {
    ...seen,
    ...also,
    persists: reader.persists(),
    keepAlive: seen.isComplete ? reader.keepAlive() : null,
  };
}

function partsOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from) parts.push(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return parts;
}

/** Between any two bytes. */
export const everywhere = (bytes: Buffer): number[] => Array.from(bytes, (_, at) => at);
