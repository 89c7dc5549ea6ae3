import { afterAll, beforeAll, beforeEach, describe, onTestFailed, test } from 'vitest';
import { type Mode, type OpenEdge, openEdge, RUNTIMES, type Runtime } from './_edges.ts';
import { type Authority, RULE_ROWS, type RulesKind, type RulesPlace } from './_rules.ts';
import { ALI_OSS_RULES, AWS_RULES, COS_RULES, OBS_RULES, OBS_URL_RULES } from './_rules-clients.ts';
import { KEYS, OPEN, type Store, type StoreKind } from './_stores.ts';

interface Line {
  readonly kind: RulesKind;
  readonly mode: Mode;
  readonly store: StoreKind;
  readonly runtime: Runtime;
  readonly authority: Authority;
}

const OSS_STORE: Authority = {
  limit: 10,
  beyond: 'CORSRuleBeyondLimit',
  badMethod: 'MalformedXML',
  storeHasRules: true,
};
const DIRECTORY: Authority = {
  limit: 100,
  beyond: 'MalformedXML',
  badMethod: 'MalformedXML',
  storeHasRules: true,
};
const GATEWAY: Authority = {
  limit: 100,
  beyond: 'InvalidRequest',
  badMethod: 'MalformedXML',
  storeHasRules: true,
};

/** The edge's own limits, by the dialect of the bucket. */
const EDGE_OSS: Authority = { ...OSS_STORE, storeHasRules: false };
const EDGE_S3: Authority = {
  limit: 100,
  beyond: 'MalformedXML',
  badMethod: 'InvalidRequest',
  storeHasRules: false,
};

const onBoth = (line: Omit<Line, 'runtime'>): readonly Line[] =>
  RUNTIMES.map((runtime) => ({ ...line, runtime }));

const LINES: readonly Line[] = [
  ...ALI_OSS_RULES.flatMap((kind) => [
    ...onBoth({ kind, mode: 'pass', store: 'an OSS store', authority: OSS_STORE }),
    ...onBoth({ kind, mode: 'pass', store: 'the directory bucket', authority: DIRECTORY }),
    ...onBoth({ kind, mode: 'management keep', store: 'the directory bucket', authority: EDGE_OSS }),
  ]),
  ...[AWS_RULES, OBS_RULES].flatMap((kind): readonly Line[] => [
    { kind, mode: 'pass', store: 'the Ceph gateway', authority: GATEWAY, runtime: 'Node' },
  ]),
  ...onBoth({ kind: COS_RULES, mode: 'pass', store: 'a COS store', authority: OSS_STORE }),
  ...[AWS_RULES, OBS_URL_RULES].flatMap((kind) => [
    ...onBoth({ kind, mode: 'management keep', store: 'a web server', authority: EDGE_S3 }),
  ]),
];

const nameOf = (at: number) => `rules-${at}`;
const edges = new Map<Runtime, OpenEdge>();
const stores: Store[] = [];

beforeAll(async () => {
  stores.push(...(await Promise.all(LINES.map(({ store }, at) => OPEN[store](nameOf(at))))));
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const served = LINES.flatMap((line, at) => {
        const store = stores[at];
        return line.runtime === runtime && store ? [[nameOf(at), { store, mode: line.mode }] as const] : [];
      });
      edges.set(runtime, await openEdge(runtime, Object.fromEntries(served)));
    }),
  );
});
afterAll(async () => {
  await Promise.all([...edges.values()].map(({ close }) => close()));
  await Promise.all(stores.map(({ close }) => close()));
});

function placeOf({ kind, runtime }: Line, at: number): RulesPlace {
  const [edge, store] = [edges.get(runtime), stores[at]];
  if (edge === undefined || store === undefined) throw new Error('the edge is not open');
  const entry = { url: edge.url, bucket: nameOf(at) };
  return { kind, client: kind.open(entry, KEYS), entry, stored: store.rules };
}

for (const [at, line] of LINES.entries()) {
  const { kind, mode, store, runtime, authority } = line;
  describe(`${kind.name} before ${store} through ${mode} on ${runtime}`, () => {
    beforeEach(async () => {
      await placeOf(line, at).client.remove();
    });
    const rows = RULE_ROWS.filter(
      ({ ids = false, documents = false }) =>
        (!ids || kind.hasIds === true) && (!documents || kind.hasDocuments === true),
    );
    test.each(rows)('$name', async ({ run }) => {
      onTestFailed(() => console.error(edges.get(runtime)?.lines().join('\n')));
      await run(placeOf(line, at), authority);
    });
  });
}
