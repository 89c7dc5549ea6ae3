/** What the configuration asks about a kind of source. `P`: the value of `--rules` for this kind. */
export interface KindRow<P extends { readonly kind: string }> {
  /** Null: the text is of another kind. */
  parse(text: string): { readonly value: P } | { readonly reason: string; readonly write: string } | null;
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
