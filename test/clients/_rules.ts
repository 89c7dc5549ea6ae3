import { expect } from 'vitest';
import { call, corsHeaders, values } from '../helpers/client.ts';
import { codeOf, type Entry, type Keys } from './_client.ts';

/** A rule in one form for all clients; lists are sorted. */
export interface TestRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers?: readonly string[];
  readonly exposed?: readonly string[];
  readonly maxAge?: number;
}

/** The rules of a bucket, as a client's own calls reach them. */
export interface RulesClient {
  put(rules: readonly TestRule[]): Promise<unknown>;
  get(): Promise<readonly TestRule[]>;
  remove(): Promise<unknown>;
  /** The document itself, in a client that can send and read one. */
  readonly document?: { put(xml: string): Promise<unknown>; get(): Promise<string> };
}

export interface RulesKind {
  readonly name: string;
  /** Whether rules have an ID in this client. */
  readonly hasIds?: boolean;
  /** Whether the client can send ResponseVary. */
  readonly hasDocuments?: boolean;
  /** Its answer to a GET without rules, if it is no error with the store's code. */
  readonly withoutRules?: readonly TestRule[];
  open(entry: Entry, keys: Keys): RulesClient;
}

export interface RulesPlace {
  readonly kind: RulesKind;
  readonly client: RulesClient;
  readonly entry: Entry;
  /** The document that the store behind the edge has. */
  stored(): Promise<string | null>;
}

/** What differs between the authorities: the store with `pass`, the edge with `keep`. */
export interface Authority {
  /** Most rules, and the code of the refusal of one more. */
  readonly limit: number;
  readonly beyond: string;
  /** The code of the refusal of a method that does not exist. */
  readonly badMethod: string;
  readonly storeHasRules: boolean;
}

const APP = 'https://app.example.com';
const OTHER = 'https://other.example.com';
const numbered = (count: number): TestRule[] =>
  Array.from({ length: count }, (_, at) => ({ origins: [`https://a${at}.example.com`], methods: ['GET'] }));

const WIDE: TestRule = {
  origins: ['https://*.reports.example.com', APP],
  methods: ['GET', 'PUT'],
  headers: ['content-type', 'x-oss-*'],
  exposed: ['ETag', 'x-oss-request-id'],
  maxAge: 60,
};

interface Row {
  readonly name: string;
  /** Needs IDs. */
  readonly ids?: boolean;
  /** Needs documents. */
  readonly documents?: boolean;
  run(place: RulesPlace, authority: Authority): Promise<void>;
}

/** Each begins without rules. The edge decides a preflight in the first moment after the answer to a write. */
export const RULE_ROWS: readonly Row[] = [
  {
    name: 'puts rules, gets them back, and the next preflight follows them',
    async run({ client, entry, stored }, { storeHasRules }) {
      expect(await allows(entry, APP)).toBe(false);
      await client.put([WIDE]);
      expect(await allows(entry, APP)).toBe(true);
      expect(await allows(entry, 'https://eu.reports.example.com')).toBe(true);
      expect(await allows(entry, OTHER)).toBe(false);
      expect(await client.get()).toEqual([WIDE]);
      expect((await stored()) !== null).toBe(storeHasRules);
    },
  },
  {
    name: 'replaces rules, and the next preflight follows the new ones alone',
    async run({ client, entry }) {
      await client.put([WIDE]);
      await client.put([{ origins: [OTHER], methods: ['DELETE'] }]);
      expect(await allows(entry, APP)).toBe(false);
      expect(await allows(entry, OTHER, 'DELETE')).toBe(true);
      expect(await allows(entry, OTHER, 'GET')).toBe(false);
    },
  },
  {
    name: 'deletes rules, twice, and the next preflight is refused',
    async run({ client, entry, stored }) {
      await client.put([WIDE]);
      await client.remove();
      expect(await allows(entry, APP)).toBe(false);
      await client.remove();
      expect(await allows(entry, APP)).toBe(false);
      expect(await stored()).toBe(null);
    },
  },
  {
    name: 'reads that there are no rules',
    async run({ client, kind: { withoutRules } }) {
      const got = await client.get().catch(codeOf);
      expect(got).toEqual(withoutRules ?? 'NoSuchCORSConfiguration');
    },
  },
  {
    name: 'reads rules, appends one and writes them',
    async run({ client, entry }) {
      await client.put([WIDE]);
      const appended = { origins: [OTHER], methods: ['HEAD'] };
      await client.put([...(await client.get()), appended]);
      expect(await allows(entry, APP)).toBe(true);
      expect(await allows(entry, OTHER, 'HEAD')).toBe(true);
      expect(await client.get()).toEqual([WIDE, appended]);
    },
  },
  {
    name: 'writes identical rules again',
    async run({ client, entry }) {
      await client.put([WIDE]);
      await client.put([WIDE]);
      expect(await allows(entry, APP)).toBe(true);
      expect(await client.get()).toEqual([WIDE]);
    },
  },
  {
    name: 'writes ten rules, and each of them is in force',
    async run({ client, entry }) {
      const rules = numbered(10);
      await client.put(rules);
      for (const { origins } of rules) expect(await allows(entry, origins[0] ?? '')).toBe(true);
      expect(await client.get()).toEqual(rules);
    },
  },
  {
    name: 'is refused one rule more than the limit, and the rules stay in force',
    async run({ client, entry }, { limit, beyond }) {
      await client.put([WIDE]);
      expect(await client.put(numbered(limit + 1)).then(() => 'written', codeOf)).toBe(beyond);
      expect(await allows(entry, APP)).toBe(true);
      expect(await allows(entry, 'https://a0.example.com')).toBe(false);
      expect(await client.get()).toEqual([WIDE]);
      await client.put(numbered(limit));
      expect(await allows(entry, `https://a${limit - 1}.example.com`)).toBe(true);
    },
  },
  {
    name: 'is refused a method that does not exist, and the rules stay in force',
    async run({ client, entry }, { badMethod }) {
      await client.put([WIDE]);
      const bad = { origins: [OTHER], methods: ['PATCH'] };
      expect(await client.put([bad]).then(() => 'written', codeOf)).toBe(badMethod);
      expect(await allows(entry, APP)).toBe(true);
      expect(await client.get()).toEqual([WIDE]);
    },
  },
  {
    name: 'gets IDs back as it wrote them',
    ids: true,
    async run({ client }) {
      const rules = [
        { id: 'the app', ...WIDE },
        { id: 'other', origins: [OTHER], methods: ['GET'] },
      ];
      await client.put(rules);
      expect(await client.get()).toEqual(rules);
    },
  },
  {
    name: 'gets ResponseVary back as it wrote it, and every answer follows it',
    documents: true,
    async run({ client, entry }) {
      const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>';
      for (const value of ['true', 'false']) {
        const vary = `<ResponseVary>${value}</ResponseVary>`;
        await client.document?.put(`<CORSConfiguration>${rule}${vary}</CORSConfiguration>`);
        expect(await client.document?.get()).toContain(vary);
        expect(await varies(entry)).toBe(value === 'true');
      }
    },
  },
];

/** Whether an answer to a request without Origin has `Vary: Origin`. */
async function varies({ url, bucket }: Entry): Promise<boolean> {
  const answered = await call(url, { target: `/${bucket}/some/object` });
  return values(answered, 'vary').join(',').includes('Origin');
}

/** Whether the edge allows a request from an origin. */
export async function allows({ url, bucket }: Entry, origin: string, method = 'GET'): Promise<boolean> {
  const answered = await call(url, {
    method: 'OPTIONS',
    target: `/${bucket}/some/object`,
    headers: ['Origin', origin, 'Access-Control-Request-Method', method],
  });
  if (answered.status === 403) return false;
  const allowed = corsHeaders(answered)['access-control-allow-origin'];
  if (answered.status === 200 && allowed === origin) return true;
  throw new Error(`status ${answered.status}, Access-Control-Allow-Origin ${allowed}: ${answered.body}`);
}
