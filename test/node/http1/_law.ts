import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, answers } from './_answers.ts';
import { EXCEPTIONS } from './_exceptions.ts';
import { judgeOfNode, judgeOfUndici, meaningOf } from './_judges.ts';
import { damaged, MUTATIONS, mutations } from './_mutations.ts';
import { bytesOf, everywhere, type Reading, read } from './_read.ts';

/** How often something occurred. */
type Counts = Map<string, number>;
const count = (counts: Counts, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const TAKEN = 'taken by all';
const REFUSED = 'refused by a judge';

/**
 * The law for one answer: what both judges take the reader takes for the same, and what one refuses it refuses. Returns
 * the outcome.
 */
export async function judge(text: string, method: string, reading: Reading): Promise<string> {
  const bytes = bytesOf(text);
  const ofNode = judgeOfNode(bytes, method);
  const ofUndici = await judgeOfUndici(bytes, method);
  if (!ofNode.isComplete || !ofUndici.isComplete) {
    expect(reading.isComplete, 'a judge refuses it').toBe(false);
    return REFUSED;
  }
  expect(meaningOf(ofUndici)).toEqual(meaningOf(ofNode));
  if (reading.isComplete) {
    expect(meaningOf(reading)).toEqual(meaningOf(ofNode));
    // Node's parser does not know yet that a response to HEAD has no body.
    if (reading.persists && method !== 'HEAD')
      expect(ofNode.persists, 'another request may follow').toBe(true);
    return TAKEN;
  }
  expect(reading.fault).not.toBe('');
  const exception = EXCEPTIONS.find(({ applies }) => applies(text));
  expect(exception, `the reader alone refuses it: ${reading.fault}`).toBeDefined();
  return exception?.name ?? '';
}

/** However bytes are cut, they mean the same, but a fault may be found earlier or later, and with another message. */
export function expectSame(one: Reading, other: Reading): void {
  const comparable = ({ fault, taken, ...rest }: Reading): unknown =>
    fault === '' ? { ...rest, taken } : { ...rest, isRefused: true };
  // Comparing is cheap without `expect`, which runs at every cut.
  if (!isDeepStrictEqual(comparable(one), comparable(other)))
    expect(comparable(one)).toEqual(comparable(other));
}

function expectMeant(answer: Answer, reading: Reading): void {
  expect(reading).toMatchObject({
    isComplete: true,
    fault: '',
    status: answer.status,
    headers: answer.headers,
    body: answer.body,
    informational: answer.informational,
    taken: answer.text.length,
  });
}

const cases = fc.record({
  answer: answers,
  damage: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: mutations }),
  cuts: fc.array(fc.nat(400), { maxLength: 6 }).map((places) => places.sort((a, b) => a - b)),
});

/**
 * Asserts the law for so many answers, whole and damaged, however they are cut. Returns how often each outcome, each
 * exception and each kind of damage occurred.
 */
export async function expectLaw(runs: number): Promise<ReadonlyMap<string, number>> {
  const counts: Counts = new Map();
  const property = fc.asyncProperty(cases, async ({ answer, damage, cuts }) => {
    let text = answer.text + answer.extra;
    for (const one of damage) {
      const next = damaged(text, one);
      if (next !== text) count(counts, one.kind);
      text = next;
    }
    const bytes = bytesOf(text);
    const reading = read(bytes, answer.method);
    expectSame(read(bytes, answer.method, cuts), reading);
    if (damage.length === 0) {
      expectMeant(answer, reading);
      expectSame(read(bytes, answer.method, everywhere(bytes)), reading);
    }
    count(counts, await judge(text, answer.method, reading));
  });
  await fc.assert(property, { numRuns: runs });
  // Otherwise the law would say nothing.
  expect(counts.get(TAKEN)).toBeGreaterThan(0.3 * runs);
  expect(counts.get(REFUSED)).toBeGreaterThan(0.2 * runs);
  for (const kind of Object.keys(MUTATIONS)) expect.soft(counts.get(kind), kind).toBeGreaterThan(0);
  return counts;
}
