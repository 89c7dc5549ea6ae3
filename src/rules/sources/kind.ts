import type { Read } from '../../bucket/read.ts';
import type { Address, Sign } from '../../bucket/transport.ts';
import type { Source } from '../source.ts';

/** The part of a KV namespace that a source uses. */
export interface KvReader {
  /** Null: the namespace does not have the key. */
  get(key: string): Promise<string | null>;
}

/** Returns a bearer token. Called at each load, so that the token may change while the edge runs. */
export type Token = () => string | Promise<string>;

/** What a platform lends to the sources that it opens. */
export interface SourceMeans {
  /** Reads rules documents over HTTP. */
  readonly read: Read;
  readonly bucket: { readonly address: Address; readonly rulesName: string };
  /** Undefined: requests to the bucket are unsigned. */
  readonly sign: Sign | undefined;
  readonly token: Token | undefined;
  /** Absent: the platform has no files. */
  readonly file?: ((path: string) => Source) | undefined;
  /** Absent: the platform has no KV namespace. */
  readonly kv?: KvReader | undefined;
}

/** One kind of source: its configuration, its traits and how it is opened. `P`: the value of `--rules` for this kind. */
export interface KindRow<P extends { readonly kind: string }> {
  /** Null: the text is of another kind. */
  parse(text: string): { readonly value: P } | { readonly reason: string; readonly write: string } | null;
  /** A fault: the platform lacks what this kind needs. */
  open(place: P, means: SourceMeans): Source | { readonly fault: string };
  /** The rules come from this process's own file or option: they are not stored, shared or taken from others. */
  readonly local?: true;
  /** The requests of this source are signed with the bucket's credentials. */
  readonly signed?: true;
  /** An operator wrote the document for this edge: it must be right before the start (promise 6). */
  readonly checkedAtStart?: true;
  /** Present: the source takes a bearer token. Returns the URL that the token goes to. */
  tokenUrl?(place: P): string;
  /** Present: the source is a file. Returns the path to watch. */
  watchedPath?(place: P): string;
  /** The source needs the KV namespace of a Worker. */
  readonly needsKv?: true;
  /** Present: Workers do not have this kind of source. */
  readonly notOnWorkers?: { readonly reason: string; readonly write: string };
}
