import type { MessageBrowser, MessageFailure } from './browser-message.ts';

/** What a sentence of a browser says, without the URL and the origin around it. */
export interface Said {
  /** Null if several browsers print it. */
  readonly browser: MessageBrowser | null;
  readonly failure: MessageFailure;
  /** The value of a sentence that always has the same one. */
  readonly value?: string;
  /** A failure that depends on the value. */
  readonly failureOf?: (value: string) => MessageFailure;
  /** Whose answer fails, if the sentence itself says it. */
  readonly ofPreflight?: true;
  /** False if another sentence of the same console may say why. */
  readonly saysWhy?: false;
}

export interface SaidReason extends Said {
  /** In a text whose quotes are all straight single ones. The first group is the value. */
  readonly pattern: RegExp;
}

/** A reason that a text has, and where. */
export interface FoundReason {
  readonly at: number;
  readonly reason: Said;
  readonly value: string | null;
}

/** A row of a browser's table. */
export type Sentence = Omit<SaidReason, 'browser'>;

/** The name of a method or a header, in a pattern. */
export const NAME = "([^'\\s]{1,200})";
