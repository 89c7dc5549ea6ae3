import type { Context } from 'hono';
import type { Domains } from '../analysis/check/domains.ts';
import type { Result } from '../document/fault.ts';
import { excerpt } from '../document/raw.ts';
import type { RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import type { Versions } from '../rules/versions.ts';
import type { Editable, SaveRefused } from './api.ts';
import { readJson } from './body.ts';
import { readConsole } from './console.ts';
import { differenceOf } from './difference.ts';
import { type Drafted, draftOf } from './draft.ts';
import type { Editor, EditorOf } from './editor.ts';
import { panelOf, versionLine } from './panel.ts';

export interface PanelOptions {
  readonly cache: RulesCache;
  readonly versions: Versions;
  readonly editorOf: EditorOf;
  /** Loads the public suffix list; without it, findings about wildcards are fewer. */
  readonly domains?: () => Promise<Domains>;
}

/** An answer about one bucket. */
export type Answer = (c: Context, bucket: RuledBucket) => Response | Promise<Response>;

export type PanelAnswers = ReturnType<typeof panelAnswers>;

/** The answers about the rules of a bucket: the panel, its versions, and what is written into it. */
export function panelAnswers({ cache, versions, editorOf, domains }: PanelOptions) {
  const statusOf = (bucket: RuledBucket) => cache.status(keyOf(bucket));

  async function show(bucket: RuledBucket, c: Context) {
    await cache.current(bucket);
    const edit = editableBy(editorOf(bucket));
    return c.json(panelOf(bucket, statusOf(bucket), edit, await domains?.()));
  }

  async function drafted(c: Context, bucket: RuledBucket): Promise<Result<Drafted>> {
    const body = await readJson(c);
    const given = body.ok ? readConsole(body.value) : body;
    if (!given.ok) return given;
    await cache.current(bucket);
    const before = statusOf(bucket).lastGood?.ruleSet ?? null;
    const editor = editorOf(bucket);
    const known = await domains?.();
    const options = {
      before,
      behaviour: bucket.behaviour,
      ...(known !== undefined && { domains: known }),
      ...(typeof editor !== 'string' && { refusal: editor.refusal }),
    };
    return { ok: true, value: draftOf(given.value, options) };
  }

  const draft: Answer = async (c, bucket) => {
    const made = await drafted(c, bucket);
    return made.ok ? c.json(made.value.draft) : c.json({ faults: made.faults }, 400);
  };

  const save: Answer = async (c, bucket) => {
    const editor = editorOf(bucket);
    if (typeof editor === 'string')
      return c.json<SaveRefused>({ error: 'rules cannot be changed here', cure: editor }, 403);
    const [, version] = /^"([0-9a-f]{16})"$/.exec(c.req.header('If-Match') ?? '') ?? [];
    if (version === undefined) return c.json<SaveRefused>(NO_VERSION, 428);
    const made = await drafted(c, bucket);
    if (!made.ok) return c.json({ faults: made.faults }, 400);
    if (made.value.draft.isRefused) return c.json(made.value.draft, 422);
    const saved = await editor.save(made.value.document, version);
    if (saved.outcome === 'failed') return c.json<SaveRefused>({ error: saved.error, cure: saved.cure }, 502);
    if (saved.outcome === 'saved') return show(bucket, c);
    const newer = statusOf(bucket).lastGood?.version ?? null;
    return c.json<SaveRefused>(changedMeanwhile(newer), 412, newer === null ? {} : { ETag: `"${newer}"` });
  };

  const list: Answer = (c, bucket) => {
    const { state, lastGood } = statusOf(bucket);
    const inForce = state === 'unavailable' ? null : (lastGood?.version ?? null);
    return c.json(versions.of(keyOf(bucket)).map((one) => versionLine(one, inForce)));
  };

  const diff: Answer = (c, bucket) => {
    const known = versions.of(keyOf(bucket));
    const versionIn = (name: string) => known.find(({ version }) => version === c.req.query(name));
    const [before, after] = [versionIn('from'), versionIn('to')];
    if (before !== undefined && after !== undefined)
      return c.json(differenceOf(before.ruleSet, after.ruleSet, bucket.behaviour));
    const place = before === undefined ? 'from' : 'to';
    const value = c.req.query(place);
    const reason = value === undefined ? 'is missing' : 'is no version that this process knows';
    const write = 'a version of /versions';
    return c.json(
      { faults: [{ place, ...(value !== undefined && { value: excerpt(value) }), reason, write }] },
      404,
    );
  };

  return { panel: (c: Context, bucket: RuledBucket) => show(bucket, c), versions: list, diff, draft, save };
}

const NO_VERSION: SaveRefused = {
  error: 'the request does not say which version of the rules it changes',
  cure: 'Send If-Match with the version of /panel in double quotes.',
};

const changedMeanwhile = (newer: string | null): SaveRefused => ({
  error: `the rules have changed since they were read: they are ${newer === null ? 'unknown' : `version ${newer}`} now`,
  cure: 'Read them again, and save the change on top of them.',
});

const editableBy = (editor: Editor | string): Editable =>
  typeof editor === 'string' ? { possible: false, because: editor } : { possible: true, where: editor.where };
