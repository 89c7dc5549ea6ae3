import { describe, expect, test } from 'vitest';
import { readBody } from '../../src/cloudflare/read-body.ts';

/** A body that sends these parts, and says whether it was cancelled. */
function bodyOf(parts: readonly string[], end: (controller: ReadableStreamDefaultController) => void) {
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      end(controller);
    },
    cancel: () => {
      state.cancelled = true;
    },
  });
  return { body, state };
}

const close = (controller: ReadableStreamDefaultController) => controller.close();
const text = (read: Awaited<ReturnType<typeof readBody>>) =>
  typeof read === 'string' ? read : `bytes: ${new TextDecoder().decode(read)}`;

describe('a body that the edge reads itself', () => {
  test.each([
    ['has several parts', ['ab', 'cde'], 'bytes: abcde'],
    ['has as many bytes as allowed', ['ab', 'cdef'], 'bytes: abcdef'],
    ['is empty', [], 'bytes: '],
    ['has a byte more', ['abcdef', 'g'], 'TooLarge'],
  ])('%s', async (_, parts, expected) => {
    expect(text(await readBody(bodyOf(parts, close).body, 6))).toBe(expected);
  });

  test('is absent', async () => expect(text(await readBody(null, 6))).toBe('bytes: '));

  test('breaks off', async () => {
    const { body } = bodyOf(['ab'], (controller) => controller.error(new Error('gone')));
    expect(text(await readBody(body, 6))).toBe('ClientGone');
  });

  test.each([
    ['does not end in time', ['ab'], 'ClientTimeout'],
    ['is too long and does not end', ['abcdefg'], 'TooLarge'],
  ])('%s, and the rest is not read', async (_, parts, expected) => {
    const { body, state } = bodyOf(parts, () => {});
    expect(text(await readBody(body, 6, 20))).toBe(expected);
    await expect.poll(() => state.cancelled).toBe(true);
  });
});
