/** The stream of events of the admin port. It begins again by itself after a gap. */

import { urlOf } from './request.js';

/** @typedef {import('../api.ts').Events} Events */
/** @typedef {{ [Name in keyof Events]: (value: Events[Name]) => void }} Listeners */

/** Traffic comes every five seconds; a stream without it for this long is lost. */
const SILENCE_MS = 20_000;
const PAUSE_MS = 3000;

/**
 * @param {Listeners} listeners by the name of the event
 * @param {(isConnected: boolean) => void} onConnection
 */
export function listen(listeners, onConnection) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const open = () => {
    const source = new EventSource(urlOf('events'));
    const lose = () => {
      source.close();
      onConnection(false);
      clearTimeout(timer);
      timer = setTimeout(open, PAUSE_MS);
    };
    source.onopen = () => onConnection(true);
    // Browsers try again after some failures and not after others: here it is the same after all.
    source.onerror = lose;
    source.addEventListener('traffic', () => {
      clearTimeout(timer);
      timer = setTimeout(lose, SILENCE_MS);
    });
    for (const [name, listener] of Object.entries(listeners))
      source.addEventListener(name, ({ data }) => listener(JSON.parse(data)));
  };
  open();
}
