import type { Reason } from './reason.ts';

/** The target of a preflight: an object, or the bucket itself. */
export type Resource = 'OBJECT' | 'BUCKET';

/** The reasons for which a store refuses a preflight before it compares the preflight with a rule. */
export type Objection = Extract<
  Reason,
  | 'origin_missing'
  | 'method_missing'
  | 'method_not_allowed'
  | 'origin_not_allowed'
  | 'no_rules'
  | 'rules_unavailable'
>;

/** The reasons of refusals that each store words in its own way. */
export type StoreReason = Exclude<Reason, 'matched' | 'not_cors' | 'rules_unavailable'>;

/** The parts of a refused preflight that its error text depends on. */
export interface Refused {
  readonly reason: StoreReason;
  /** The store says that the bucket does not exist. */
  readonly bucketMissing: boolean;
  /** Access-Control-Request-Method. */
  readonly requestMethod: string | null;
  readonly resource: Resource;
}

/** The body of a refusal, before it becomes XML. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Elements between Message and the request id, name and text. */
  readonly details: readonly (readonly [name: string, text: string])[];
  /** Elements that OSS puts last. The values come from reports of others; the vendor may change them. */
  readonly trailer: readonly (readonly [name: string, text: string])[];
}

/** The properties of one dialect. `DIALECTS` in behaviour.ts has one row for each dialect. */
export interface Traits {
  /** In the order in which the store checks them (semantics.md §3, the second table). */
  readonly objections: readonly Objection[];
  /** Whether the store sends Access-Control-Allow-Credentials without an option (semantics.md §3). */
  readonly allowsCredentials: boolean;
  /**
   * Whether the store judges an actual request by its Access-Control-Request-* headers (semantics.md §2.6). The edge does
   * so only with `vary: 'store'`.
   */
  readonly heedsRequestHeaders: boolean;
  /** The names in Vary with `vary: 'store'` (semantics.md §4). */
  readonly storeVary: (hasRule: boolean, responseVary: boolean) => readonly string[];
  readonly refuse: (refused: Refused) => Refusal;
  /** The response header that carries the request id, in lower case. */
  readonly requestIdHeader: string;
  /** The variables in which the store's own programs and SDKs expect credentials. */
  readonly credentialNames: CredentialNames;
}

/** The names of the three parts of a store's credentials. */
export interface CredentialNames {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

export const error = (status: number, code: string, message: string): Refusal => ({
  status,
  code,
  message,
  details: [],
  trailer: [],
});

/** Texts that the stores share. */
export const NOT_ENABLED = 'CORSResponse: CORS is not enabled for this bucket.';
export const NOT_FOUND = 'CORSResponse: Bucket not found';
export const lacks = (header: string): string => `Insufficient information. ${header} header needed.`;

// "evalution" is the stores' own spelling (test/fixtures/vectors.json).
export const notAllowed = (headers: string): string =>
  'CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, ' +
  `request method / Access-Control-Request-Method or ${headers} are not whitelisted by the resource's CORS spec.`;
