import type { RuledBucket } from '../rules/ruled-bucket.ts';

/** How saving rules ended. */
export type Saved =
  /** They are in force. */
  | { readonly outcome: 'saved' }
  /** Nothing was written: the rules are another version by now. */
  | { readonly outcome: 'newer' }
  /** The rules are as before, or it is unknown what they are; the texts say which. */
  | { readonly outcome: 'failed'; readonly error: string; readonly cure: string };

/** Saves the rules of one bucket. */
export interface Editor {
  readonly where: 'edge' | 'bucket';
  /** Returns why the place of the rules would refuse a document; null if it takes it, or if only a write shows it. */
  refusal(document: string): string | null;
  /** Saves a document, or deletes the rules for null, if the rules are still that version. Never rejects. */
  save(document: string | null, version: string): Promise<Saved>;
}

/** Returns what saves a bucket's rules, or why they cannot be changed here, as a sentence with what to do. */
export type EditorOf = (bucket: RuledBucket) => Editor | string;
