import type { CompiledRules } from '../../cors/compile.ts';
import { type Arguments, EXIT, type Terminal } from '../command.ts';
import type { Given } from '../sources/open-all.ts';
import { parseBucketUrl } from './line.ts';

/** Rules that are to be exported. */
export interface ExportedRules {
  /** What they were read from, without secrets. */
  readonly name: string;
  readonly rules: CompiledRules;
  /** False: the bucket has no rules at all. */
  readonly hasRules: boolean;
  /** False if nothing names the store: its default is used. */
  readonly isStoreKnown: boolean;
  /** The address of the bucket that they were read from; null if they were read from anything else. */
  readonly bucketUrl: string | null;
  /** The files that they may have been read from. */
  readonly files: readonly string[];
}

/** The address of a bucket as a URL for configurations, unless `--bucket-url` takes its place. */
export function bucketUrlOf(
  { base, path }: { readonly base: string; readonly path: string },
  place: string,
  args: Arguments,
): Given<string | null> {
  const parsed = parseBucketUrl(base + path);
  if ('value' in parsed) return { ok: true, value: parsed.value };
  if (args.value('bucket-url') !== null) return { ok: true, value: null };
  const write = '--bucket-url beside it, with a URL of letters, digits and . _ ~ % - in its path';
  return { ok: false, ends: [{ place, reason: parsed.reason, write }] };
}

/** Says lines, and ends the command as failed. */
export function failed(
  lines: readonly string[],
  { say }: Pick<Terminal, 'say'>,
): { readonly ok: false; readonly ends: number } {
  for (const line of lines) say(`bucket-cors: ${line}`);
  return { ok: false, ends: EXIT.failed };
}
