import { setTimeout as pause } from 'node:timers/promises';
import type { Editor, Saved } from '../admin/editor.ts';
import { answersAlike } from '../analysis/alike.ts';
import { signAt } from '../bucket/authorize/place.ts';
import type { Sign } from '../bucket/transport.ts';
import { sendRules } from '../bucket/write.ts';
import { asFlag } from '../config/spell.ts';
import { NO_RULES, type RuleSet } from '../cors/rule.ts';
import { readDocument } from '../document/read.ts';
import { openSigner, type SigningMeans } from '../open/signer.ts';
import { send } from '../open/write-outcome.ts';
import type { RulesCache } from '../rules/cache.ts';
import { monotonic } from '../rules/clock.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import type { RulesPlace } from './buckets/active.ts';
import { documentOf, writeOnce } from './transport/small-write.ts';

export interface BucketEditorOptions {
  readonly bucket: RuledBucket;
  readonly cache: RulesCache;
  readonly means: SigningMeans;
  readonly written: RulesPlace;
  /** By the keys of buckets, the last save that is under way or waits: one at a time for each. */
  readonly saving: Map<string, Promise<unknown>>;
  /** Resolves when all processes have the rules of the cache. */
  readonly settled: () => Promise<void>;
}

/** Milliseconds for which the rules before the write may still be read after it: stores apply a write with delay. */
const READ_BACK_LIMIT = 5_000;
const READ_BACK_FIRST = 100;

/** Saves rules in the bucket itself, signed with the edge's keys. */
export function bucketEditor(options: BucketEditorOptions): Editor {
  const { bucket, cache, means, written, saving, settled } = options;
  const statusOf = () => cache.status(keyOf(bucket));

  async function save(document: string | null, version: string): Promise<Saved> {
    // Ask the store, and not the cache, which rules it has now.
    await cache.refresh(bucket);
    const { lastGood, failure } = statusOf();
    if (failure !== null)
      return failed(`the rules could not be read before the write: ${failure.cause}`, failure.cure);
    if (lastGood?.version !== version) return { outcome: 'newer' };
    const signer = await signerOf(written, means);
    if (!signer.ok) return failed(signer.faults.join('; '), NOTHING);
    const write = sendRules(written.address, writeOnce, signAtPlace(written, signer.value));
    const ended = await send((limits) => write(document === null ? null : documentOf(document), limits));
    if (ended.kind === 'refused') return failed(ended.line, NOTHING);
    if (ended.kind === 'unknown') return failed(ended.line, UNKNOWN);
    const saved = await readBack(rulesIn(document), version);
    await settled();
    return saved;
  }

  async function readBack(wanted: RuleSet, before: string): Promise<Saved> {
    const began = monotonic();
    for (let wait = READ_BACK_FIRST; ; wait *= 2) {
      await cache.renew(bucket);
      const { lastGood, failure } = statusOf();
      if (failure !== null)
        return failed(`the bucket took the write, and then: ${failure.cause}`, failure.cure);
      const found = lastGood?.ruleSet ?? NO_RULES;
      if (answersAlike(wanted, found, bucket.behaviour)) return { outcome: 'saved' };
      if (lastGood?.version !== before) return failed(OTHER, UNKNOWN);
      if (monotonic() - began > READ_BACK_LIMIT) return failed(STILL, UNKNOWN);
      await pause(wait);
    }
  }

  return {
    where: 'bucket',
    refusal: () => null,
    async save(document, version) {
      const key = keyOf(bucket);
      const before = saving.get(key);
      // Only then it is known whether the rules are still that version. As many wait as the port has connections.
      const turn = (async () => {
        await before?.catch(() => undefined);
        return save(document, version);
      })();
      saving.set(key, turn);
      try {
        return await turn;
      } finally {
        if (saving.get(key) === turn) saving.delete(key);
      }
    },
  };
}

const NOTHING = 'Nothing is saved.';
const UNKNOWN = 'It is unknown whether the rules are saved: read them again.';
const STILL = 'the bucket took the write, and still answers the rules of before';
const OTHER =
  'the bucket took the write, and has other rules now: another write came after it, or the store changed them';

const failed = (error: string, cure: string): Saved => ({ outcome: 'failed', error, cure });

const signerOf = async ({ sign, signing, place }: RulesPlace, means: SigningMeans) =>
  sign === undefined ? openSigner(signing, place, means, asFlag) : { ok: true as const, value: sign };

function signAtPlace({ address, signing }: RulesPlace, sign: Sign | undefined): Sign | undefined {
  return (
    sign && ((request) => signAt(signing.store, sign, request, request.target.slice(address.path.length)))
  );
}

/** The rules of a document that `draftOf` has written. */
function rulesIn(document: string | null): RuleSet {
  const read = document === null ? null : readDocument(document, 'strict');
  return read?.ok ? read.ruleSet : NO_RULES;
}
