import type { Read } from '../../bucket/read.ts';
import type { Result } from '../../document/fault.ts';
import { LOAD_TIMEOUT, loadOnce } from '../../rules/load.ts';
import type { Source } from '../../rules/source.ts';

/** The text that a source found: null for a bucket without rules. */
export type Found = Result<string | null, string>;

/** `read`, and the text of the last answer. */
export function recorded(read: Read): { readonly read: Read; text(): string } {
  let text = '';
  return {
    read: async (url, headers, limits) => {
      const answer = await read(url, headers, limits);
      text = answer.text;
      return answer;
    },
    text: () => text,
  };
}

/** Loads a source once. A document with faults is found too: they are what a command is to report. */
export async function textOf(source: Source, text: () => string): Promise<Found> {
  const loaded = await loadOnce(source, undefined, LOAD_TIMEOUT);
  if (loaded.outcome === 'none') return { ok: true, value: null };
  if (loaded.outcome === 'missing')
    return failed(`${source.name}: there is no such bucket. Check its name and its region.`);
  if (loaded.outcome === 'unknown' && loaded.faults === undefined) {
    const cause = loaded.cause.includes(source.name) ? loaded.cause : `${source.name}: ${loaded.cause}`;
    return failed(`${cause}. ${loaded.cureOnce ?? loaded.cure}`);
  }
  return { ok: true, value: text() };
}

const failed = (line: string): Found => ({ ok: false, faults: [line] });
