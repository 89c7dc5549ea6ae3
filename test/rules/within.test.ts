import { describe, expect, test } from 'vitest';
import { within } from '../../src/rules/within.ts';

const endless = new Promise<string>(() => undefined);

describe('within', () => {
  test('resolves to the value of work that ends in time', async () => {
    expect(await within(5_000, Promise.resolve(1))).toBe(1);
  });

  test('rejects with the error of work that fails in time', async () => {
    await expect(within(5_000, Promise.reject(new Error('its error')))).rejects.toThrow('its error');
  });

  test('rejects after the limit', async () => {
    await expect(within(1, endless)).rejects.toThrow('no answer within 1 ms');
  });

  test('resolves after the limit to the result of `late`, if given', async () => {
    expect(await within(1, endless, () => 'late')).toBe('late');
  });
});
