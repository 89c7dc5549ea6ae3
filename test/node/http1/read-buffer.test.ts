import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Holder, openReadBuffer } from '../../../src/node/http1/read-buffer.ts';

const SIZE = 64 * 1024;

/** A holder of bytes, as the response to a client is: it is done once all that it has got is sent. */
function client() {
  let unsent: Buffer[] = [];
  const holder: Holder = { isDone: () => unsent.length === 0 };
  return {
    holder,
    gets: (part: Buffer) => void unsent.push(part),
    unsent: () => unsent,
    sends: () => {
      unsent = [];
    },
  };
}

type Client = ReturnType<typeof client>;

/** Reads so many bytes once, all that fit by default, and hands them on. */
function read(memory: ReturnType<typeof openReadBuffer>, to: Client, count = SIZE): Buffer {
  const space = memory.next();
  const part = space.subarray(0, count);
  memory.hold(to.holder, part.length);
  to.gets(part);
  return space;
}

describe('the memory of a connection', () => {
  test('is one buffer while each part is sent before the next one is read', () => {
    const memory = openReadBuffer();
    const fast = client();
    const first = read(memory, fast);
    for (let at = 0; at < 5; at += 1) {
      fast.sends();
      expect(read(memory, fast).buffer).toBe(first.buffer);
    }
  });

  test('is two buffers in turn while one part is sent as the next one is read', () => {
    const memory = openReadBuffer();
    const [one, other] = [client(), client()];
    const buffers = [read(memory, one).buffer, read(memory, other).buffer];
    for (let at = 0; at < 6; at += 1) {
      const next = at % 2 === 0 ? one : other;
      next.sends();
      expect(read(memory, next).buffer).toBe(buffers[at % 2]);
    }
  });

  test('is one buffer for small parts that are not sent, until it is nearly full', () => {
    const memory = openReadBuffer();
    const blocked = client();
    const buffers = new Set(Array.from({ length: 200 }, () => read(memory, blocked, 256).buffer));
    // 200 × 256 bytes of 64 KB, of which a quarter is left for the last read.
    expect(buffers.size).toBe(2);
  });
});

test('law: no byte is read into memory that a client has not sent yet', () => {
  const step = fc.record({
    to: fc.nat(2),
    count: fc.constantFrom(1, 300, 5_000, 20_000, 50_000, SIZE),
    sends: fc.constantFrom(null, 0, 1, 2),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const memory = openReadBuffer();
      const clients = [client(), client(), client()];
      let value = 0;
      for (const { to, count, sends } of steps) {
        const taker = clients[to];
        if (taker === undefined) continue;
        value = (value % 255) + 1;
        const space = memory.next();
        expect(space.length).toBeGreaterThanOrEqual(16 * 1024);
        const part = space.subarray(0, count).fill(value);
        memory.hold(taker.holder, part.length);
        taker.gets(Buffer.from(part.buffer, part.byteOffset, part.length));
        for (const { unsent } of clients) for (const kept of unsent()) expect(new Set(kept).size).toBe(1);
        if (sends !== null) clients[sends]?.sends();
      }
    }),
  );
});
