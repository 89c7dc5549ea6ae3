import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { heldEdge } from '../../src/cloudflare/edge.ts';
import { openEdge } from '../../src/cloudflare/open.ts';

vi.mock('../../src/cloudflare/open.ts', () => ({ openEdge: vi.fn() }));

type Opened = Awaited<ReturnType<typeof openEdge>>;

const EDGE = { app: {}, digest: 'one' } as unknown as Opened;
const faulty = (line: string): Opened => ({ lines: [line] });
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

/** What a request meets after so many seconds, once what it began in the background has ended. */
async function asker(env: Readonly<Record<string, unknown>>) {
  return async (seconds: number): Promise<Opened> => {
    vi.advanceTimersByTime(seconds * 1000);
    const begun: Promise<unknown>[] = [];
    const found = await heldEdge(env, (work) => void begun.push(work));
    await Promise.all(begun);
    return found;
  };
}

test('an opening that fails is tried again after five seconds, and tells nothing of why', async () => {
  opening.mockRejectedValueOnce(new Error('s3cr3t')).mockResolvedValue(EDGE);
  const ask = await asker({ BUCKET_URL: 'https://bucket.example' });
  const failed = await ask(0);
  expect(failed).toEqual({ lines: [expect.stringContaining('tried again')] });
  expect(await ask(4)).toBe(failed);
  expect(opening).toHaveBeenCalledTimes(1);
  expect(await ask(1)).toBe(EDGE);
  await ask(86_400);
  expect(opening).toHaveBeenCalledTimes(2);
  expect(lines).toHaveLength(1);
  expect(lines.join()).not.toContain('s3cr3t');
});

test('one that fails later leaves the old edge in force', async () => {
  opening.mockResolvedValueOnce(EDGE).mockRejectedValueOnce(new Error('no')).mockResolvedValue(EDGE);
  const ask = await asker({ BUCKET_CORS_CONFIG: 'kv:edge.json' });
  for (const seconds of [0, 60, 1, 5]) expect(await ask(seconds)).toBe(EDGE);
  expect(opening).toHaveBeenCalledTimes(3);
});

test('faults that stay are told once, others anew, and the same again after a good one', async () => {
  const ask = await asker({ BUCKET_CORS_CONFIG: 'kv:edge.json' });
  for (const found of [faulty('a'), faulty('a'), faulty('b'), faulty('b'), EDGE]) {
    opening.mockResolvedValueOnce(found);
    expect(await ask(5)).toBe(found);
  }
  opening.mockResolvedValue(faulty('b'));
  expect(await ask(60)).toBe(EDGE);
  expect(await ask(5)).toBe(EDGE);
  const told = lines.map((line) => JSON.parse(line));
  expect(told.map(({ faults }) => faults)).toEqual([['a'], ['b'], ['b']]);
  expect(told.at(-1)?.msg).toBe('configuration refused, the old one stays');
});
