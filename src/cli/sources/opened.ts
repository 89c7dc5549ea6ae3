import type { Behaviour } from '../../cors/behaviour.ts';
import type { Document, Fault, Reading } from '../../document/fault.ts';

/** Rules that a command has read, from wherever they are. */
export interface Opened {
  readonly kind: 'file' | 'input' | 'inline' | 'url' | 'bucket' | 'edge';
  /** The path, or the URL without secrets. */
  readonly name: string;
  /** Where the document is on this machine; absent if it is not in a file. */
  readonly path?: string;
  readonly reading: Reading;
  /** Empty for a bucket without rules. For an edge: its rules as it answers them. */
  readonly text: string;
  /** Absent if the document itself was not read: an edge answers the rules alone. */
  readonly bytes?: number;
  readonly document: Document;
  /** False: the bucket has no rules at all, which is no fault of a document. */
  readonly hasRules: boolean;
  readonly behaviour: Behaviour;
  /** What the dialect is taken from. */
  readonly storeBy: StoreBy;
  /** What an edge reported about the document when it loaded it. */
  readonly reported?: readonly Fault[];
}

/** The stronger ones first: a store that a source itself names outweighs a guess by the form of a document. */
export const STORE_BY = ['flag', 'edge', 'address', 'form', 'default'] as const;

export type StoreBy = (typeof STORE_BY)[number];

/** Whether the operator or the source itself names the store. */
export const isStoreKnown = (by: StoreBy): boolean => by !== 'form' && by !== 'default';
