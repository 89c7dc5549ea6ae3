import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { edgeOf } from '../../src/cloudflare/edge.ts';
import { openEdge } from '../../src/cloudflare/open.ts';

vi.mock('../../src/cloudflare/open.ts', () => ({ openEdge: vi.fn() }));

type Opened = Awaited<ReturnType<typeof openEdge>>;

const EDGE = { ok: true, value: { app: {}, digest: 'one' } } as unknown as Opened;
const faulty = (line: string): Opened => ({ ok: false, faults: [line] });
const opening = vi.mocked(openEdge);
let lines: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  opening.mockReset();
});

/** What a request gets after so many seconds, once its background work has ended. */
async function asker(env: Readonly<Record<string, unknown>>) {
  return async (seconds: number): Promise<Opened> => {
    vi.advanceTimersByTime(seconds * 1000);
    const begun: Promise<unknown>[] = [];
    const found = await edgeOf(env, (work) => void begun.push(work));
    await Promise.all(begun);
    return found;
  };
}

test('a failed opening is retried after five seconds, and the log does not show its error', async () => {
  opening.mockRejectedValueOnce(new Error('s3cr3t')).mockResolvedValue(EDGE);
  const ask = await asker({ BUCKET_URL: 'https://bucket.example' });
  const failed = await ask(0);
  expect(failed).toEqual({ ok: false, faults: [expect.stringContaining('tried again')] });
  expect(await ask(4)).toBe(failed);
  expect(opening).toHaveBeenCalledTimes(1);
  expect(await ask(1)).toBe(EDGE);
  await ask(86_400);
  expect(opening).toHaveBeenCalledTimes(2);
  expect(lines).toHaveLength(1);
  expect(lines.join()).not.toContain('s3cr3t');
});

test('a later failed opening leaves the old edge in force', async () => {
  opening.mockResolvedValueOnce(EDGE).mockRejectedValueOnce(new Error('no')).mockResolvedValue(EDGE);
  const ask = await asker({ BUCKET_CORS_CONFIG: 'kv:edge.json' });
  for (const seconds of [0, 60, 1, 5]) expect(await ask(seconds)).toBe(EDGE);
  expect(opening).toHaveBeenCalledTimes(3);
});

test('the same faults are logged once; other faults, and the same after a good configuration, are logged again', async () => {
  const ask = await asker({ BUCKET_CORS_CONFIG: 'kv:edge.json' });
  for (const found of [faulty('a'), faulty('a'), faulty('b'), faulty('b'), EDGE]) {
    opening.mockResolvedValueOnce(found);
    expect(await ask(5)).toBe(found);
  }
  opening.mockResolvedValue(faulty('b'));
  expect(await ask(60)).toBe(EDGE);
  expect(await ask(5)).toBe(EDGE);
  const logged = lines.map((line) => JSON.parse(line));
  expect(logged.map(({ faults }) => faults)).toEqual([['a'], ['b'], ['b']]);
  expect(logged.at(-1)?.msg).toBe('configuration refused, the old one stays');
});
