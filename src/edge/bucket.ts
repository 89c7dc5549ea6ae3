import type { Forwarded } from '../bucket/forwarded.ts';
import type { Checked } from '../bucket/refusals.ts';
import type { BucketRequest, Destination, Exchange } from '../bucket/transport.ts';
import type { ClientRequest, Md5, Verified } from '../bucket/verify/verify.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import type { RegisterEntry } from '../rules/register.ts';

/** The checks of the edge for a bucket that does not check signatures: a folder. */
export interface Guard {
  /** The hosts under which the bucket is served, besides localhost and loopback addresses. Null: every host. */
  readonly names: readonly string[] | null;
}

/** A bucket as the edge serves it. */
export interface Bucket extends Destination {
  readonly name: string;
  readonly rules: {
    /** `background` takes loads that outlive the request. */
    current(background: Exchange['background']): RulesInForce | Promise<RulesInForce>;
    /**
     * Loads the rules again after a client changed them. The next request uses the new rules. Resolves when they are in
     * force in all processes of this edge, in at most a few seconds. Never rejects.
     */
    refresh(background: Exchange['background']): Promise<void>;
  };
  /** Host names without a port, in any spelling. If absent, every host that no other bucket names. */
  readonly hosts?: readonly string[];
  /** A path prefix such as `/media`, without a slash at its end. */
  readonly prefix?: string;
  /** The bucket sees the prefix too. */
  readonly keepPrefix?: boolean;
  /** The bucket gets the client's Host, not its own. */
  readonly keepHost?: boolean;
  /** `all` unless given. */
  readonly forwarded?: Forwarded;
  /** Pass on the bucket's commands to a proxy in front (`X-Accel-Redirect`). */
  readonly passProxyCommands?: boolean;
  /** Present if the bucket checks no signatures. */
  readonly guard?: Guard;
  /** Present if a client named it, in a store whose buckets are not listed. */
  readonly ofStore?: OfStore;
  /** How `?cors` is served; `pass` unless given. */
  readonly management?: Management;
  /** Absent: the client's own authentication passes, and the edge adds none. */
  readonly authorize?: Authorize;
}

export interface OfStore {
  /** The name in metrics of all buckets that are not known to exist: clients choose their names. */
  readonly label: string;
  /** The store's address: the addresses of buckets can contain names that clients choose. */
  readonly server: string;
  /** Whether its rules show that the bucket exists. */
  readonly exists: (inForce: RulesInForce) => boolean;
}

/** How a bucket's `?cors` is served. */
export type Management =
  /** Forwarded; a successful write refreshes the rules. */
  | { readonly mode: 'pass' }
  /** Refused with 403. `write`: how the operator turns it on. */
  | { readonly mode: 'off'; readonly write: string }
  /** The edge is the authority, and `?cors` never reaches the bucket. */
  | Keeping;

export interface Keeping {
  readonly mode: 'keep';
  readonly verify: (request: ClientRequest) => Promise<Checked<Verified>>;
  readonly md5: Md5;
  /** The bucket's entry in the register. Both reject if the storage does not answer. */
  readonly register: {
    read(): Promise<RegisterEntry | null>;
    write(entry: RegisterEntry): Promise<void>;
  };
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
}

/** A request as the bucket gets it, signed by the client, by the edge, or not at all. */
export interface Authorized extends BucketRequest {
  /** The edge signed with a key of its own: the bucket's answer may quote what the client must not see. */
  readonly ownKey?: boolean;
}

/**
 * Returns the request that the bucket gets in place of `request`, signed by the edge, or why the edge does not sign. Its
 * promise is awaited, so an error in it is answered with InternalError.
 */
export type Authorize = (
  request: BucketRequest,
  client: ClientRequest,
  inForce: RulesInForce,
) => Checked<Authorized> | Promise<Checked<Authorized>>;
