/** What a cure is about. */
export type Topic =
  /** Access-Control-Allow-Origin is missing or another one. */
  | 'allow'
  /** OPTIONS is refused or answered by another program than the bucket. */
  | 'preflight'
  /** Answers for several origins are stored as one. */
  | 'cache'
  /** A stored copy is out of date. */
  | 'purge'
  /** Two programs write CORS headers. */
  | 'twice'
  /** Errors and 304 have no CORS headers. */
  | 'errors'
  | 'expose'
  | 'credentials'
  | 'range'
  | 'redirect';

/** A header line by which a program or service is recognised. */
export interface Sign {
  /** In lower case. */
  readonly name: string;
  /** Absent: any value. */
  readonly value?: RegExp;
}

/** A store, a CDN or a proxy. */
export interface Layer {
  readonly name: string;
  readonly kind: 'store' | 'cdn' | 'proxy' | 'edge';
  readonly signs: readonly Sign[];
  /** What only its own error pages have. */
  readonly page?: RegExp;
  /** Exact settings and commands, each a sentence or more. */
  readonly cures: Readonly<Partial<Record<Topic, string>>>;
}
