import type { Logger } from 'pino';
import type { BucketConfig } from '../../config/file.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import type { Compiled, ExportFile } from '../../export/target.ts';
import type { RuledBucket } from '../../rules/ruled-bucket.ts';
import { startFault } from '../start-fault.ts';
import { type Command, runCommand } from './command.ts';
import { type Output, openOutput } from './output.ts';
import type { Content } from './state.ts';
import { createWatcher, type Watcher } from './watcher.ts';

/** Another program's configuration that follows the rules of a bucket. */
export interface FollowedExport {
  /** The name of the target, `nginx`. */
  readonly target: string;
  /** The path of the first file. */
  readonly file: string;
  /** What the shell runs after a new file is written; null: nothing. */
  readonly command: string | null;
  /** Writes the rules of a bucket for the target. */
  readonly compile: (rules: CompiledRules, bucket: BucketConfig, source: string) => Compiled;
  /** Why no file can ever be written for a bucket, as the end of a sentence that begins with the path; null if one may be. */
  readonly fault: (bucket: BucketConfig) => Promise<string | null>;
  /** Writes all files of an export for a bucket, or rejects and leaves the old ones. */
  readonly save: (files: readonly ExportFile[], bucket: BucketConfig) => Promise<void>;
  /** The paths of the further files of an export whose first file has this text; null: it is no export. */
  readonly others: (text: string) => readonly string[] | null;
}

/** Opens the files for a bucket; `current` is the one whose rules are written. Rejects with a start fault. */
export async function openFollowed(
  { file, command, others, fault, save }: FollowedExport,
  bucket: BucketConfig,
  current: () => BucketConfig,
): Promise<Output> {
  const output = openOutput({
    path: file,
    hasCommand: command !== null,
    others,
    fault: () => fault(bucket),
    save: (files) => save(files, current()),
  });
  // Anything else may change, and is tried again.
  const why = await output.fault();
  if (why !== null) throw startFault([`--output ${file} ${why}`]);
  return output;
}

/** Makes the watcher of the followed files. */
export function watchFollowed(
  { target, file, command }: FollowedExport,
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
): Watcher {
  const run = (content: Content): Command =>
    runCommand(command ?? '', {
      env: {
        ...env,
        BUCKET_CORS_TARGET: target,
        BUCKET_CORS_FILE: file,
        BUCKET_CORS_VERSION: content.version ?? '',
      },
    });
  return createWatcher({ output, run: command === null ? null : run, log: log.child({ target, file }) });
}

/** What metrics say of an export. */
export function countsOf({ target }: FollowedExport, bucket: RuledBucket | undefined, watcher: Watcher) {
  const { wanted, found } = watcher.state();
  const content = found?.content ?? null;
  const isWanted = wanted?.kind === 'export' && wanted.content.key === content?.key;
  return {
    target,
    bucket: bucket?.name ?? '',
    version: isWanted ? wanted.content.version : (content?.version ?? null),
    ...watcher.done,
    isPending: found?.isPending ?? false,
  };
}
