import type { Forwarded } from '../bucket/forwarded.ts';
import type { Destination, Exchange, Sign } from '../bucket/transport.ts';
import type { RulesInForce } from '../rules/in-force.ts';

/** What the edge checks for a bucket that does not check signatures: a folder. */
export interface Guard {
  /** The hosts that it is served under, besides localhost and loopback addresses. Null: every host. */
  readonly names: readonly string[] | null;
}

/** A bucket as the edge serves it. */
export interface Bucket extends Destination {
  readonly name: string;
  readonly rules: {
    /** `background` takes loads that outlive the request. */
    current(background: Exchange['background']): RulesInForce | Promise<RulesInForce>;
    /** A client has just changed the rules at the store: the next request is decided by the new ones. */
    refresh(background: Exchange['background']): void;
  };
  /** Host names without a port, in any spelling; absent: every host that no other bucket names. */
  readonly hosts?: readonly string[];
  /** A path prefix such as `/media`, without a slash at its end. */
  readonly prefix?: string;
  /** The bucket sees the prefix too. */
  readonly keepPrefix?: boolean;
  /** The bucket gets the client's Host, not its own. */
  readonly keepHost?: boolean;
  /** `all` unless given. */
  readonly forwarded?: Forwarded;
  /** Commands of the bucket to a proxy in front (`X-Accel-Redirect`) are passed on. */
  readonly passProxyCommands?: boolean;
  /** Present where the bucket checks no signature. */
  readonly guard?: Guard;
  readonly sign?: Sign;
}
