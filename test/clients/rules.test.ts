import { beforeEach, describe, test } from 'vitest';
import { isMissing, type Line, onBoth, useLines } from './_lines.ts';
import { type Authority, RULE_ROWS, type RulesKind } from './_rules.ts';
import { ALI_OSS_RULES } from './_rules-ali-oss.ts';
import { AWS_RULES } from './_rules-aws.ts';
import { COS_RULES } from './_rules-cos.ts';
import { OBS_RULES, OBS_URL_RULES } from './_rules-obs.ts';
import { KEYS } from './_stores.ts';

interface RulesLine extends Line {
  readonly kind: RulesKind;
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

const LINES: readonly RulesLine[] = [
  ...ALI_OSS_RULES.flatMap((kind) => [
    ...onBoth({ kind, mode: 'pass', store: 'an OSS store', authority: OSS_STORE }),
    ...onBoth({ kind, mode: 'pass', store: 'the directory bucket', authority: DIRECTORY }),
    ...onBoth({ kind, mode: 'management keep', store: 'the directory bucket', authority: EDGE_OSS }),
  ]),
  { kind: AWS_RULES, mode: 'pass', store: 'the Ceph gateway', authority: GATEWAY, runtime: 'Node' },
  ...onBoth({
    kind: OBS_RULES,
    mode: 'pass' as const,
    store: 'the Ceph gateway' as const,
    authority: GATEWAY,
  }),
  ...onBoth({ kind: COS_RULES, mode: 'pass', store: 'a COS store', authority: OSS_STORE }),
  ...[AWS_RULES, OBS_URL_RULES].flatMap((kind) => [
    ...onBoth({ kind, mode: 'management keep', store: 'a web server', authority: EDGE_S3 }),
  ]),
];

const opened = useLines('rules', LINES);

for (const [at, line] of LINES.entries()) {
  const { kind, mode, store, runtime, authority } = line;
  const title = `${kind.name} before ${store} through ${mode} on ${runtime}`;
  describe.skipIf(isMissing(line))(title, () => {
    const open = () => {
      const { entry, store } = opened(at);
      return { kind, client: kind.open(entry, KEYS), entry, stored: store.rules };
    };
    beforeEach(async () => {
      await open().client.remove();
    });
    const rows = RULE_ROWS.filter(
      ({ ids = false, documents = false }) =>
        (!ids || kind.hasIds === true) && (!documents || kind.hasDocuments === true),
    );
    test.each(rows)('$name', ({ run }) => run(open(), authority));
  });
}

test.skip('minio has no call for rules: its server has none', () => undefined);
