import type { Severity } from '../document/codes.ts';
import type { Case } from './case.ts';
import type { Topic } from './layers/layer.ts';

/** Whose fault a finding is. */
export interface Fault {
  readonly of: 'rules' | 'bucket' | 'CDN' | 'proxy' | 'cache' | 'server' | 'page' | 'connection';
  /** `Alibaba Cloud CDN`, or `the bucket's rules`. */
  readonly name: string;
  /** Why, in a sentence. */
  readonly because: string;
}

/** An exchange, and the lines of its answer that count. */
export interface Evidence {
  /** The number of the request. */
  readonly request: number;
  /** `GET /photo.jpg, Origin: https://app.example` */
  readonly sent: string;
  /** As received; a line in round brackets says what is missing. */
  readonly lines: readonly string[];
}

/** What a check has found. */
export interface Found {
  readonly evidence: readonly Evidence[];
  readonly fault: Fault;
  /** What is particular here, in a sentence before the general meaning. */
  readonly detail?: string;
}

/** One kind of finding. */
export interface Kind {
  readonly severity: Severity;
  /** What is the case, without a full stop. */
  readonly title: string;
  /** What it means for the page, in sentences. */
  readonly meaning: string;
  /** What corrects it, wherever the URL is served, in sentences. */
  readonly cure: string;
  /** The cures of stores, CDNs and proxies; null if they have no part in it. */
  readonly topic: Topic | null;
  /** The method that the finding is about and its commands have, if it is not the page's. */
  readonly method?: string;
  readonly find: (one: Case) => Found | null;
}
