import type { Editor, Saved } from '../admin/editor.ts';
import { causeOf } from '../bucket/cause.ts';
import { utf8 } from '../bucket/sign/bytes.ts';
import { NO_RULES } from '../cors/rule.ts';
import { readDocument } from '../document/read.ts';
import { readRules } from '../edge/management/document.ts';
import type { Access } from '../open/access.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { GuardedRegister } from '../rules/guarded-register.ts';
import type { RegisterEntry } from '../rules/register.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { versionOf } from '../rules/version.ts';

export interface RegisterEditorOptions {
  readonly bucket: RuledBucket;
  readonly cache: RulesCache;
  readonly register: GuardedRegister;
  readonly access: Access;
  /** Resolves when all processes have the rules of the cache. */
  readonly settled: () => Promise<void>;
}

/** Who wrote the rules, in place of the id of an access key. */
const WRITER = 'admin-port';

/** Saves rules that the edge itself stores (`--management keep`). */
export function registerEditor(options: RegisterEditorOptions): Editor {
  const { bucket, cache, register, access, settled } = options;

  /** Storage that has lost the rules has no newer ones either. */
  const isVersion = async (entry: RegisterEntry | null, version: string): Promise<boolean> =>
    version === (entry === null ? cache.status(keyOf(bucket)).lastGood?.version : await versionIn(entry));

  async function save(document: string | null, version: string): Promise<Saved> {
    const stored = document === null ? null : storedText(document, access.store);
    if (stored !== null && 'refusal' in stored) return failed(stored.refusal, NOTHING);
    const entry = { document: stored?.text ?? null, writer: WRITER, writtenAt: Date.now() };
    try {
      const isWritten = await register.swap(
        access.registerKey,
        (present) => isVersion(present, version),
        entry,
      );
      if (!isWritten) return { outcome: 'newer' };
    } catch (error) {
      return failed(causeOf(error), 'It is unknown whether the rules are saved: read them again.');
    } finally {
      await cache.renew(bucket).catch(() => {});
      await settled();
    }
    return { outcome: 'saved' };
  }

  return {
    where: 'edge',
    refusal: (document) => {
      const stored = storedText(document, access.store);
      return 'refusal' in stored ? stored.refusal : null;
    },
    save,
  };
}

const NOTHING = 'Nothing is saved: correct the rules.';

const failed = (error: string, cure: string): Saved => ({ outcome: 'failed', error, cure });

/** The document as the edge stores it, checked as one that a client writes. */
function storedText(document: string, dialect: Access['store']): { text: string } | { refusal: string } {
  const read = readRules(utf8(document), dialect);
  if (read.ok) return { text: read.value };
  return { refusal: `${read.refusal.code}: ${read.refusal.message}` };
}

async function versionIn({ document }: RegisterEntry): Promise<string | null> {
  if (document === null) return versionOf(NO_RULES, 'none');
  const read = readDocument(document, 'strict');
  return read.ok ? versionOf(read.ruleSet) : null;
}
