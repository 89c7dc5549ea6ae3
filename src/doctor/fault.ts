import { decide, type Facts } from '../cors/decide.ts';
import { explain } from '../cors/explain.ts';
import { cureOfCredentials } from '../cors/explain-credentials.ts';
import { type Case, isHit } from './case.ts';
import type { Fault } from './finding.ts';
import type { Layer } from './layers/layer.ts';
import type { Recognised } from './layers/layers.ts';
import type { Answered } from './transcript.ts';

const OF: Readonly<Record<Layer['kind'], Fault['of']>> = {
  store: 'bucket',
  cdn: 'CDN',
  proxy: 'proxy',
  edge: 'rules',
};

const named = ({ layer, line }: Recognised, because: string): Fault => ({
  of: OF[layer.kind],
  name: layer.name,
  because: `${because} (${line})`,
});

/** What stands in front of the bucket: the CDN if there is one, else the proxy. */
export const frontOf = ({ layers }: Case): Recognised | null =>
  layers.find(({ layer }) => layer.kind === 'cdn') ??
  layers.find(({ layer }) => layer.kind === 'proxy') ??
  null;

export const storeOf = ({ layers }: Case): Recognised | null =>
  layers.find(({ layer }) => layer.kind === 'store') ?? null;

/** Whose fault an answer is that does not allow what the page asks: by the rules if they are known, else by who answered. */
export function refusedBy(one: Case, answered: Answered, facts: Facts): Fault {
  const known = byRules(one, facts);
  if (known !== null) return known;
  const [store, front] = [storeOf(one), frontOf(one)];
  if (isHit(answered))
    return cacheFault(
      one,
      'A cache gave this answer: it may be older than the rules. Purge it and run doctor again',
    );
  if (store !== null && front !== null)
    return {
      of: 'rules',
      name: `the rules of the bucket (${store.layer.name}), or ${front.layer.name} in front of it`,
      because: `${store.layer.name} answered (${store.line}): its rules refuse the page, or ${front.layer.name} (${front.line}) does not pass the Origin or the headers on. ${WITH_RULES}`,
    };
  if (store !== null)
    return {
      of: 'rules',
      name: `the rules of the bucket (${store.layer.name})`,
      because: `${store.layer.name} answered (${store.line}), and its rules decide. ${WITH_RULES}`,
    };
  const edge = one.layers.find(({ layer }) => layer.kind === 'edge');
  if (edge !== undefined) return named(edge, 'It answers by the rules of the bucket');
  if (front !== null) return named(front, 'It answered, or passed on what the bucket answered');
  return {
    of: 'server',
    name: 'the server',
    because: `No header says which program answered. ${WITH_RULES}`,
  };
}

const WITH_RULES = "With --rules or --bucket doctor says whether the bucket's rules are the cause.";

/** By the bucket's rules: they refuse, or what stands in front does not answer as they ask. Null without rules. */
export function byRules(one: Case, facts: Facts): Fault | null {
  if (one.rules === null) return null;
  const { reason, because, rule } = explain(one.rules, facts, 'OBJECT');
  if (reason !== 'matched') return { of: 'rules', name: "the bucket's rules", because };
  const front = frontOf(one);
  const allowed = `Rule ${rule} allows the request`;
  if (front !== null) return named(front, `${allowed}, and the answer does not`);
  return {
    of: 'server',
    name: 'what answers in front of the rules',
    because: `${allowed}, and the answer does not: another program answers, or other rules are in force there.`,
  };
}

/** Whose fault `*` is for a page with cookies: that of the rules if they list it, else of what writes it, else the page's. */
export function openFault(one: Case, facts: Facts): Fault {
  const decision = one.rules === null ? null : decide(one.rules, facts);
  if (one.rules !== null && decision?.rule?.origins.any === true)
    return { of: 'rules', name: "the bucket's rules", because: cureOfCredentials(one.rules, decision) };
  return (
    byRules(one, facts) ??
    pageFault('It sends cookies to a URL that is open to all. A signed URL needs no cookies.')
  );
}

/** What writes a second line of a header: what stands in front of the bucket, if anything is recognised there. */
export function addedFault(one: Case): Fault {
  const [front, store] = [frontOf(one), storeOf(one)];
  if (front !== null || store === null)
    return frontFault(one, 'It adds a header to the one that it received');
  return {
    of: 'server',
    name: `what stands in front of ${store.layer.name}, or the metadata of the object`,
    because: `${store.layer.name} writes one line by its rules (${store.line}). No header says which program adds the other.`,
  };
}

/** What stores copies. */
export function cacheFault(one: Case, because: string): Fault {
  const front = frontOf(one);
  if (front !== null) return named(front, because);
  return { of: 'cache', name: 'a cache in front of the bucket', because: `${because}.` };
}

/** What answers first: the outermost program that is recognised. */
export function frontFault(one: Case, because: string): Fault {
  const found = frontOf(one) ?? storeOf(one);
  if (found !== null) return named(found, because);
  return { of: 'server', name: 'the server', because: `${because}. No header says which program answered.` };
}

/** What writes the answers: the bucket if it is recognised, else what stands in front. */
export function writerFault(one: Case, because: string): Fault {
  const found = storeOf(one) ?? frontOf(one);
  if (found !== null) return named(found, because);
  return { of: 'server', name: 'the server', because: `${because}. No header says which program answered.` };
}

export const pageFault = (because: string): Fault => ({ of: 'page', name: 'the page', because });
