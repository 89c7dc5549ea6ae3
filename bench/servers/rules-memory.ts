import {
  type CompiledRules,
  compileRules,
  createRulesCache,
  type RuledBucket,
  toXml,
} from '../../src/index.ts';
import { loadDomains } from '../../src/node/domains.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { ruleSetOf } from '../lib/rules.ts';

// Measures the memory of rules, as a child process with --expose-gc. Every bucket reads different rules from a document,
// so that no two share a string.
const BUCKETS = 10_000;
const RULES = 10;
const BEYOND = 2_000;
/** Enough buckets to measure the memory that compiling adds. */
const SAMPLE = 2_000;
/** Buckets whose every origin ends in a slash. */
const FAULTY = 1_000;

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
const bucketOf = (name: string, document: () => string): RuledBucket => ({
  name,
  source: { kind: 'bucket', name, load: (signal) => inlineSource(document()).load(signal) },
  behaviour,
});

const documentAt = (at: number): string => toXml(ruleSetOf(`team-${at}`, RULES));
const bucketAt = (at: number): RuledBucket => bucketOf(`bucket-${at}`, () => documentAt(at));
const faultyAt = (at: number): RuledBucket =>
  bucketOf(`faulty-${at}`, () => documentAt(at).replaceAll('</AllowedOrigin>', '/</AllowedOrigin>'));

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

const cache = createRulesCache({ ttl: 3_600_000, maxStale: 0, domains: loadDomains });
const buckets = Array.from({ length: BUCKETS + BEYOND }, (_, at) => bucketAt(at));

/** Loads the rules of all these buckets. Returns bytes and CPU milliseconds of each. */
async function load(some: readonly RuledBucket[]): Promise<{ readonly bytes: number; readonly cpu: number }> {
  const before = await heap();
  const began = process.cpuUsage();
  for (let at = 0; at < some.length; at += 100)
    for (const { rules } of await Promise.all(some.slice(at, at + 100).map((one) => cache.current(one))))
      references.push(new WeakRef(rules));
  const { user, system } = process.cpuUsage(began);
  return { bytes: ((await heap()) - before) / some.length, cpu: (user + system) / 1000 / some.length };
}

const compiled = await compiledBytes();
const { bytes: each, cpu } = await load(buckets.slice(0, BUCKETS));
const { bytes: eachBeyond } = await load(buckets.slice(BUCKETS));
await heap();
const cached = references.filter((rules) => rules.deref() !== undefined).length;
const faulty = Array.from({ length: FAULTY }, (_, at) => faultyAt(at));
const { bytes: eachFaulty } = await load(faulty);
const findings = faulty.reduce((sum, { name }) => sum + cache.status(name).findings.length, 0) / FAULTY;
const weighed = { compiled, each, eachBeyond, eachFaulty, findings, cached, cpu };
process.send?.({ buckets: BUCKETS, rules: RULES, beyond: BEYOND, ...weighed });
process.disconnect?.();
