import { combined, type HeaderPairs } from '../analysis/browser/check.ts';

/** The experiments, in the order in which they run. */
export const STEPS = [
  'page',
  'page_again',
  'plain',
  'plain_again',
  'with',
  'with_again',
  'other',
  'other_again',
  'past',
  'past_other',
  'preflight',
  'preflight_again',
  'preflight_other',
  'head',
  'range',
  'range_coded',
  'unchanged',
  'failed',
  'missing',
  'missing_other',
] as const;

export type Step = (typeof STEPS)[number];

/** A request as it was sent. */
export interface Sent {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  readonly url: string;
  /** Without Host. */
  readonly headers: HeaderPairs;
}

/** The answer as it was received. */
export interface Received {
  /** `HTTP/1.1 200 OK` */
  readonly line: string;
  readonly status: number;
  /** Every line, in the order and spelling of the wire. */
  readonly headers: HeaderPairs;
  /** The beginning of the body, as text; empty if it is encoded. */
  readonly body: string;
}

/** Why there is no answer. */
export interface Trouble {
  readonly kind: 'name' | 'refused' | 'certificate' | 'late' | 'closed' | 'malformed';
  /** A clause without a full stop. */
  readonly because: string;
}

/** A request and what came of it. */
export interface Exchange {
  readonly step: Step;
  /** Counted from 1. */
  readonly number: number;
  readonly sent: Sent;
  readonly received: Received | null;
  /** Null if there is an answer. */
  readonly trouble: Trouble | null;
  readonly milliseconds: number;
  /** The address that answered, with its port; null without a connection. */
  readonly peer: string | null;
}

/** An exchange with an answer. */
export type Answered = Exchange & { readonly received: Received };

export type Transcript = readonly Exchange[];

/** The values of a header of an answer, several lines joined by a comma; null without a line. */
export const headerOf = ({ received }: Answered, name: string): string | null =>
  combined(received.headers, name);

/** Whether a list header of an answer has a token, in any case of letters. */
export const lists = (answered: Answered, name: string, token: string): boolean =>
  (headerOf(answered, name) ?? '').split(',').some((item) => item.trim().toLowerCase() === token);

export const isRedirect = ({ received }: Answered): boolean =>
  received.status >= 300 && received.status < 400 && received.status !== 304;
