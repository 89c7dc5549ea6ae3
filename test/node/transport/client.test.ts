import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { readHead } from '../../../src/node/server/head.ts';
import { watchClient } from '../../../src/node/transport/client.ts';

function watch() {
  const incoming = { rawHeaders: ['Host', 'h'], httpVersionMinor: 1 } as unknown as IncomingMessage;
  const outgoing = new EventEmitter();
  const client = watchClient(incoming, outgoing as ServerResponse, readHead(incoming));
  return { client, close: () => outgoing.emit('close') };
}

describe('the end of a client’s request', () => {
  test('is reported to every callback, in the order in which they were added', () => {
    const { client, close } = watch();
    const called: string[] = [];
    for (const name of ['first', 'second', 'third']) client.onClose(() => called.push(name));
    expect(called).toEqual([]);
    close();
    expect(called).toEqual(['first', 'second', 'third']);
  });

  test('is reported at once to a callback that is added later', () => {
    const { client, close } = watch();
    close();
    const called: string[] = [];
    client.onClose(() => called.push('late'));
    expect([client.closed(), called]).toEqual([true, ['late']]);
  });
});
