/** The longest that a read or a write of a register takes, in milliseconds. */
export const REGISTER_TIMEOUT = 6_000;

/**
 * Rules that clients write through the edge (`--management keep`). The register is the only copy: the bucket has no rules
 * of its own, or none that count.
 */
export interface Register {
  /** Where it is, without secrets, for messages: `the state directory /var/lib/bucket-cors`. */
  readonly name: string;
  /** Other machines may use it too, where the same address can be another bucket. */
  readonly amongMachines?: true;
  /**
   * The last entry; null: nothing was ever written. Rejects with a message that names the entry, if the storage does not
   * answer within REGISTER_TIMEOUT or the entry is damaged.
   */
  read(bucket: string): Promise<RegisterEntry | null>;
  /**
   * Replaces the entry. Resolves when it is durable: a reader sees the old or the new one, whole, also after a crash.
   * Rejects within REGISTER_TIMEOUT if it may not be. Such a write never replaces an entry that was written after it.
   */
  write(bucket: string, entry: RegisterEntry): Promise<void>;
}

/** What was written last, by whom and when. */
export interface RegisterEntry {
  /** The document in XML; null: the rules were deleted. */
  readonly document: string | null;
  /** The access key id that signed the write. */
  readonly writer: string;
  /** Epoch milliseconds of the wall clock, to be shown. */
  readonly writtenAt: number;
}
