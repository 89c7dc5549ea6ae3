import { describe, expect, test } from 'vitest';
import { type Holder, openReadBuffer } from '../../../src/node/http1/read-buffer.ts';

/** A holder of bytes, as the response to a client is: it is done once all that it has got is sent. */
function client() {
  let unsent = 0;
  const holder: Holder = { isDone: () => unsent === 0 };
  const gets = (): void => {
    unsent += 1;
  };
  const sends = (): void => {
    unsent = 0;
  };
  return { holder, gets, sends };
}

/** Reads once: fills the buffer, hands it on, and asks for the next. */
function read(memory: ReturnType<typeof openReadBuffer>, { holder, gets }: ReturnType<typeof client>) {
  memory.hold(holder);
  gets();
  return memory.next();
}

describe('the memory of a connection', () => {
  test('is one buffer while each part is sent at once', () => {
    const memory = openReadBuffer();
    const first = memory.next();
    const sent = client();
    for (let at = 0; at < 5; at += 1) {
      memory.hold(sent.holder);
      expect(memory.next()).toBe(first);
    }
  });

  test('is two buffers in turn while a part is sent before the next one is read', () => {
    const memory = openReadBuffer();
    const slow = client();
    const first = memory.next();
    const second = read(memory, slow);
    expect(second).not.toBe(first);
    for (let at = 0; at < 5; at += 1) {
      slow.sends();
      expect(read(memory, slow)).toBe(at % 2 === 0 ? first : second);
    }
  });

  test('never has a buffer whose part is not sent yet', () => {
    const memory = openReadBuffer();
    const blocked = client();
    const inUse = new Set([memory.next()]);
    for (let at = 0; at < 5; at += 1) {
      const next = read(memory, blocked);
      expect(inUse).not.toContain(next);
      inUse.add(next);
    }
  });

  test('does not have a buffer of an earlier response that its client still reads', () => {
    const memory = openReadBuffer();
    const [earlier, later] = [client(), client()];
    const kept = memory.next();
    read(memory, earlier);
    for (let at = 0; at < 5; at += 1) {
      expect(read(memory, later)).not.toBe(kept);
      later.sends();
    }
  });
});
