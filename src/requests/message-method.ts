import type { BrowserMessage } from './message.ts';

/** For a sentence about a preflight that does not name the method: the preflights of most pages are those of uploads. */
export const ASSUMED_METHOD = 'PUT';

/** Whether a sentence is about a preflight, and names neither the method nor a header. */
export const isPreflightAlone = ({ ofPreflight, failure }: BrowserMessage): boolean =>
  ofPreflight === true && failure !== 'header' && failure !== 'method';

/** The method that a sentence names, or for a preflight the likeliest one; null if it says nothing about it. */
export const methodOf = (message: BrowserMessage): string | null =>
  message.failure === 'method' ? message.value : isPreflightAlone(message) ? ASSUMED_METHOD : null;
