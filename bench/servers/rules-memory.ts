import {
  type CompiledRules,
  compileRules,
  createRulesCache,
  type RuledBucket,
  toXml,
} from '../../src/index.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { ruleSetOf } from '../lib/rules.ts';

// What rules weigh, as a child process with --expose-gc. Every bucket has rules of its own, read from a document,
// so that no two share a string.
const BUCKETS = 10_000;
const RULES = 10;
const BEYOND = 2_000;
/** Enough to tell what compiling adds. */
const SAMPLE = 2_000;

const { gc } = globalThis;
if (gc === undefined) throw new Error('run this with node --expose-gc');

async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;

/** A bucket that has nothing of its own but its name until its rules are loaded. */
const bucketAt = (at: number): RuledBucket => ({
  name: `bucket-${at}`,
  source: {
    kind: 'bucket',
    name: `bucket-${at}`,
    load: (signal) => inlineSource(toXml(ruleSetOf(`team-${at}`, RULES))).load(signal),
  },
  behaviour,
});

async function compiledBytes(): Promise<number> {
  const sets = await Promise.all(
    Array.from({ length: SAMPLE }, async (_, at) => {
      const loaded = await bucketAt(at).source.load(new AbortController().signal);
      if (loaded.outcome !== 'rules') throw new Error(loaded.outcome);
      return loaded.ruleSet;
    }),
  );
  const before = await heap();
  const compiled = sets.map((set) => compileRules(set, behaviour));
  const after = await heap();
  if (compiled.length + sets.length !== 2 * SAMPLE) throw new Error('some are missing');
  return (after - before) / SAMPLE;
}

/** Compiled rules as they were handed out; what the cache has let go of is collected. */
const handedOut: WeakRef<CompiledRules>[] = [];

const cache = createRulesCache({ ttl: 3_600_000, maxStale: 0 });
const buckets = Array.from({ length: BUCKETS + BEYOND }, (_, at) => bucketAt(at));

async function load(from: number, to: number): Promise<number> {
  const before = await heap();
  for (let at = from; at < to; at += 100)
    for (const { rules } of await Promise.all(buckets.slice(at, at + 100).map((one) => cache.current(one))))
      handedOut.push(new WeakRef(rules));
  return ((await heap()) - before) / (to - from);
}

const compiled = await compiledBytes();
const each = await load(0, BUCKETS);
const eachBeyond = await load(BUCKETS, BUCKETS + BEYOND);
await heap();
const held = handedOut.filter((rules) => rules.deref() !== undefined).length;
process.send?.({ buckets: BUCKETS, rules: RULES, beyond: BEYOND, compiled, each, eachBeyond, held });
process.disconnect?.();
