import type { Forwarded } from '../bucket/forwarded.ts';
import type { Destination, Exchange, Sign } from '../bucket/transport.ts';
import type { RulesInForce } from '../rules/in-force.ts';

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
    /** Loads the rules again after a client changed them at the store. The next request uses the new rules. */
    refresh(background: Exchange['background']): void;
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
  readonly sign?: Sign;
}
