import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { limitIdle } from '../../../src/node/server/idle.ts';

const LIMIT = 12_000;
/** The limit, and the twelfth by which it may be exceeded. */
const CUT = LIMIT + LIMIT / 12;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A response that is under way, on a request that has arrived whole. */
const ANSWERING = { req: { complete: true, readableLength: 0 }, writableEnded: true };

/** A connection as `limitIdle` sees it, on a server that has just accepted it. */
function open(about: object) {
  const server = new EventEmitter();
  limitIdle(server as Server, LIMIT);
  const fields = { bytesRead: 100, bytesWritten: 0, writableLength: 0, _httpMessage: ANSWERING };
  const connection = Object.assign(new EventEmitter(), fields, { destroyed: false, ...about });
  const cut = () => {
    connection.destroyed = true;
    connection.emit('close');
  };
  Object.assign(connection, { destroy: cut, resetAndDestroy: cut });
  server.emit('connection', connection);
  return connection;
}

/** Runs for some time, and lets a connection make progress each so many milliseconds. */
function run(time: number, every = time, step: () => void = () => {}): void {
  for (let at = 0; at < time; at += every) {
    vi.advanceTimersByTime(every);
    step();
  }
}

describe('a connection without progress', () => {
  test.each([
    ['that brings no request', { _httpMessage: null, bytesRead: 0 }, CUT],
    ['whose client reads nothing of its response', { writableLength: 70_000, bytesWritten: 90_000 }, 2 * CUT],
  ])('%s is cut after the limit, or twice it', (_name, about, limit) => {
    const connection = open(about);
    run(limit - LIMIT / 6);
    expect(connection.destroyed).toBe(false);
    run(LIMIT / 3);
    expect(connection.destroyed).toBe(true);
  });

  test.each([
    ['waits for its bucket', { _httpMessage: { ...ANSWERING, writableEnded: false } }],
    ['is between two requests, which another limit ends', { _httpMessage: null, bytesWritten: 300 }],
  ])('that %s stays', (_name, about) => {
    const connection = open(about);
    run(10 * LIMIT);
    expect(connection.destroyed).toBe(false);
  });
});

describe('a client that reads slowly', () => {
  // The system reports it when a third of its buffer is free.
  test('is not cut although the system reports progress less often than the limit', () => {
    const handle = { writeQueueSize: 70_000 };
    const connection = open({ writableLength: 70_000, bytesWritten: 90_000, _handle: handle });
    run(20 * LIMIT, 1.5 * LIMIT, () => {
      handle.writeQueueSize -= 1_000;
    });
    expect(connection.destroyed).toBe(false);
  });

  test('is not cut although TLS reports only that a whole write is done', () => {
    const connection = open({
      writableLength: 70_000,
      bytesWritten: 90_000,
      _handle: { writeQueueSize: 1e7 },
    });
    run(20 * LIMIT, 1.5 * LIMIT, () => {
      connection.bytesWritten += 70_000;
    });
    expect(connection.destroyed).toBe(false);
  });
});
