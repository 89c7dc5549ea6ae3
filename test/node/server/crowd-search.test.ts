import { EventEmitter } from 'node:events';
import type { Server, Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { boundCrowd, type Closed } from '../../../src/node/server/crowd.ts';

/** A connection, as far as the bound knows it. */
class Connection extends EventEmitter {
  readonly remoteAddress: string;
  busy: boolean;
  destroyed = false;
  constructor(from: string, busy: boolean) {
    super();
    this.remoteAddress = from;
    this.busy = busy;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

/** A port for `most` connections, on which no client exceeds its share. */
function open(most: number) {
  const server = new EventEmitter();
  const closed: (readonly [Closed, string])[] = [];
  let looks = 0;
  const isIdle = (connection: Socket): boolean => {
    looks += 1;
    return !(connection as unknown as Connection).busy;
  };
  const onClose = (which: Closed, client: string) => void closed.push([which, client]);
  boundCrowd(server as Server, isIdle, { most, share: () => 100, onClose });
  const dial = (from: string, busy = true): Connection => {
    const connection = new Connection(from, busy);
    server.emit('connection', connection);
    return connection;
  };
  const dialAll = (from: string, count: number): Connection[] =>
    Array.from({ length: count }, () => dial(from));
  const looked = (): number => {
    const before = looks;
    looks = 0;
    return before;
  };
  return { closed, dial, dialAll, looked };
}

const [ONE, TWO, THREE] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

describe('at the bound the search for a connection without a request', () => {
  test('goes on behind busy ones that an earlier search looked at', () => {
    const { closed, dial, dialAll, looked } = open(251);
    dialAll(ONE, 250);
    const idle = dial(ONE, false);
    const refused = [dial(TWO), dial(TWO)];
    expect(looked()).toBe(200);
    expect(refused.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect(dial(TWO).destroyed).toBe(false);
    expect([looked(), idle.destroyed]).toEqual([51, true]);
    expect(closed).toEqual([
      ['new', TWO],
      ['new', TWO],
      ['idle', ONE],
    ]);
  });

  test('looks at each connection of a small client once', () => {
    const { dial, dialAll, looked } = open(3);
    dialAll(ONE, 3);
    dial(TWO);
    expect(looked()).toBe(3);
  });

  test('goes on at the next clients by size', () => {
    const { closed, dial, dialAll } = open(6);
    dialAll(ONE, 3);
    dial(TWO);
    dial(TWO, false);
    dial(THREE, false);
    expect(dial('127.0.0.4').destroyed).toBe(false);
    expect(closed).toEqual([['idle', TWO]]);
  });

  test('takes none from a client with fewer connections than the client of the new one', () => {
    const { closed, dial, dialAll } = open(5);
    dialAll(ONE, 4);
    const idle = dial(TWO, false);
    expect(dial(ONE).destroyed).toBe(true);
    expect(idle.destroyed).toBe(false);
    expect(closed).toEqual([['new', ONE]]);
  });

  test('looks at a bounded number of clients', () => {
    const { closed, dial, dialAll, looked } = open(41);
    for (let client = 10; client < 30; client += 1) dialAll(`127.0.0.${client}`, 2);
    dial(TWO, false);
    dial(THREE);
    expect(looked()).toBe(16);
    expect(closed).toEqual([['new', THREE]]);
  });
});
