import {
  type CompiledRules,
  compileRules,
  createRulesCache,
  type RuledBucket,
  toXml,
} from '../../src/index.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { ruleSetOf } from '../lib/rules.ts';

// Measures the memory of rules, as a child process with --expose-gc. Every bucket reads different rules from a document,
// so that no two share a string.
const BUCKETS = 10_000;
const RULES = 10;
const BEYOND = 2_000;
/** Enough buckets to measure the memory that compiling adds. */
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

/** A bucket without any memory except its name until its rules are loaded. */
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

/** References to all compiled rules; those that the cache evicts are collected. */
const references: WeakRef<CompiledRules>[] = [];

const cache = createRulesCache({ ttl: 3_600_000, maxStale: 0 });
const buckets = Array.from({ length: BUCKETS + BEYOND }, (_, at) => bucketAt(at));

async function load(from: number, to: number): Promise<number> {
  const before = await heap();
  for (let at = from; at < to; at += 100)
    for (const { rules } of await Promise.all(buckets.slice(at, at + 100).map((one) => cache.current(one))))
      references.push(new WeakRef(rules));
  return ((await heap()) - before) / (to - from);
}

const compiled = await compiledBytes();
const each = await load(0, BUCKETS);
const eachBeyond = await load(BUCKETS, BUCKETS + BEYOND);
await heap();
const cached = references.filter((rules) => rules.deref() !== undefined).length;
process.send?.({ buckets: BUCKETS, rules: RULES, beyond: BEYOND, compiled, each, eachBeyond, cached });
process.disconnect?.();
