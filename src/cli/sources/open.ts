import type { Read } from '../../bucket/read.ts';
import { type BucketOptions, type GivenOptions, readBucketOptions } from '../../config/read.ts';
import { asFlag } from '../../config/spell.ts';
import { parseToken, type TokenPlace } from '../../config/values.ts';
import { type Behaviour, DEFAULT_DIALECT } from '../../cors/behaviour.ts';
import { type Document, faultText, type Reading, type Result } from '../../document/fault.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../../document/read.ts';
import { orUrl } from '../../node/buckets/file-source.ts';
import { fileToken } from '../../node/buckets/token.ts';
import { readTextFile } from '../../node/files/text-file.ts';
import { createPools } from '../../node/transport/pools.ts';
import { readByPools } from '../../node/transport/small-read.ts';
import { openToken } from '../../open/token.ts';
import { urlSource } from '../../rules/sources/url.ts';
import type { Arguments, Terminal } from '../command.ts';
import { givenBy } from '../flags.ts';
import { patiently } from '../patience.ts';
import { type BucketRules, readBucket } from './bucket.ts';
import { type EdgeRules, edgeSource } from './edge.ts';

import { readInput } from './input.ts';
import { recorded, textOf } from './load.ts';
import type { Opened } from './opened.ts';
import { parseSource, type SourcePlace } from './place.ts';

/**
 * Reads the rules that a word names (`sourcesOf`). Never rejects. Each fault is one line with place, reason and cure: the
 * command could not look. Faults of a document that was read are in its `document`.
 */
export async function openRules(
  source: string,
  args: Arguments,
  terminal: Terminal,
): Promise<Result<Opened, string>> {
  const place = parseSource(source);
  if (!place.ok) return { ok: false, faults: place.faults.map(faultText) };
  const { pools, close } = createPools();
  const request = { args, env: terminal.env, read: readByPools(pools), given: givenBy(args) };
  try {
    return await patiently(open(place.value, request), waitingLine(place.value), terminal);
  } finally {
    void close();
  }
}

const waitingLine = ({ kind }: SourcePlace): string =>
  kind === 'input' ? 'bucket-cors: reading standard input …' : `bucket-cors: waiting for the ${kind} …`;

interface Request {
  readonly args: Arguments;
  readonly env: Terminal['env'];
  readonly read: Read;
  readonly given: GivenOptions;
}

async function open(place: SourcePlace, request: Request): Promise<Result<Opened, string>> {
  switch (place.kind) {
    case 'input':
      return fromText(await readInput(), { kind: 'input', name: 'standard input' }, request);
    case 'inline':
      return fromText({ ok: true, value: place.text }, { kind: 'inline', name: 'the document' }, request);
    case 'file':
      return fromText(
        await readFile(place.path),
        { kind: 'file', name: place.path, path: place.path },
        request,
      );
    case 'url':
      return fromUrl(place.url, request);
    case 'bucket':
      return fromBucket(place, request);
    case 'edge':
      return fromEdge(place.url, request);
  }
}

async function readFile(path: string): Promise<Result<string, string>> {
  const found = await readTextFile(path, { maxBytes: MAX_DOCUMENT_BYTES, pipe: true });
  if (!('fault' in found)) return { ok: true, value: found.text };
  const cure =
    found.code === 'EISDIR'
      ? 'For the rules of a folder bucket write --bucket before the path'
      : 'Name a file with rules: check the path and its permissions';
  return { ok: false, faults: [`${path} ${found.fault}. ${cure}.${orUrl(path, found.code)}`] };
}

type Named = Pick<Opened, 'kind' | 'name' | 'path'>;

/** Documents that their author wrote for a reader like this one: they are read strictly. */
function fromText(text: Result<string, string>, named: Named, { given }: Request): Result<Opened, string> {
  if (!text.ok) return text;
  const options = optionsOf({ store: given.store });
  if (!options.ok) return options;
  return { ok: true, value: openedText(named, text.value, 'strict', given.store && options.value.store) };
}

async function fromUrl(url: string, request: Request): Promise<Result<Opened, string>> {
  const { store, rulesToken } = request.given;
  const options = optionsOf({ store, rulesToken, rules: { place: 'SOURCE', text: url } });
  if (!options.ok) return options;
  const token = openToken(options.value.rulesToken, tokenMeans(request), asFlag);
  if (!token.ok) return token;
  const recording = recorded(request.read);
  const source = urlSource(
    url,
    ({ headers, ...limits }) => recording.read(url, headers, limits),
    token.value,
  );
  const found = await textOf(source, recording.text);
  if (!found.ok) return found;
  return fromText({ ok: true, value: found.value ?? '' }, { kind: 'url', name: source.name }, request);
}

async function fromBucket(
  place: Extract<SourcePlace, { kind: 'bucket' }>,
  { given, read, env }: Request,
): Promise<Result<Opened, string>> {
  const { rulesToken: _, ...signing } = given;
  const found = await readBucket(place, signing, read, env);
  if (!found.ok) return found;
  return { ok: true, value: openedBucket(found.value, given.store !== undefined) };
}

/** Rules that were read of a bucket. A bucket without rules has an empty document. */
export function openedBucket(found: BucketRules, isStoreGiven: boolean): Opened {
  const { name, path, store, isStoreKnown, text } = found;
  const named = { kind: 'bucket', name, ...(path !== undefined && { path }) } as const;
  return {
    ...openedText(named, text ?? EMPTY, 'store', undefined),
    ...(isStoreKnown && { behaviour: behaviourOf(store), storeBy: isStoreGiven ? 'flag' : 'address' }),
    ...(text === null && NO_RULES),
  };
}

async function fromEdge(url: string, request: Request): Promise<Result<Opened, string>> {
  const place = adminToken(request.args);
  if (!place.ok) return place;
  const token = openToken(place.value, tokenMeans(request), asFlag);
  if (!token.ok) return token;
  const taken: EdgeRules[] = [];
  const source = edgeSource(url, request.read, token.value, (rules) => taken.push(rules));
  const found = await textOf(source, () => '');
  if (!found.ok) return found;
  const [rules] = taken;
  if (rules === undefined) return { ok: false, faults: [`${source.name} answered without rules.`] };
  const named = { kind: 'edge', name: `${source.name}?bucket=${rules.bucket}` } as const;
  const { bytes: _, ...value } = openedText(named, rules.text, 'store', undefined);
  const { behaviour, hasRules, warnings } = rules;
  return { ok: true, value: { ...value, behaviour, storeBy: 'edge', hasRules, reported: warnings } };
}

/** The checked options, where only some are given; the others have their defaults. */
function optionsOf(
  given: { [N in keyof GivenOptions]: GivenOptions[N] | undefined },
): Result<BucketOptions, string> {
  const options = readBucketOptions(
    Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined)),
  );
  return options.ok ? options : { ok: false, faults: options.faults.map(faultText) };
}

function adminToken(args: Arguments): Result<TokenPlace | null, string> {
  const text = args.value('admin-token');
  if (text === null) return { ok: true, value: null };
  const parsed = parseToken(text);
  return 'value' in parsed
    ? { ok: true, value: parsed.value }
    : { ok: false, faults: [faultText({ place: '--admin-token', ...parsed })] };
}

const tokenMeans = ({ env }: Request) => ({ variables: env, tokenFile: fileToken });

/** A document that was read; the store is that of its form unless one is given. */
export function openedText(
  named: Named,
  text: string,
  reading: Reading,
  store: Behaviour['dialect'] | undefined,
): Opened {
  const document = readDocument(text, reading);
  const byForm = store === undefined ? storeOfForm(document, text) : undefined;
  return {
    ...named,
    reading,
    text,
    bytes: Buffer.byteLength(text),
    document,
    hasRules: true,
    behaviour: behaviourOf(store ?? byForm ?? DEFAULT_DIALECT),
    storeBy: store !== undefined ? 'flag' : byForm !== undefined ? 'form' : 'default',
  };
}

const behaviourOf = (dialect: Behaviour['dialect']): Behaviour => ({
  dialect,
  vary: 'safe',
  dangerouslyAllowCredentials: false,
});

/** The root of a document in the namespace of S3 (semantics.md §1). */
const S3_ROOT =
  /<(?:[\w.-]+:)?CORSConfiguration\s[^>]*?xmlns(?::[\w.-]+)?\s*=\s*["']http:\/\/s3\.amazonaws\.com\/doc\//;

/** Plain XML and the JSON of OSS are OSS's; R2 and Google's stores are served as S3. */
const storeOfForm = (document: Document, text: string): 's3' | undefined => {
  if (!document.ok) return undefined;
  return /^(?:s3|cfn|r2|gcs)/.test(document.form) || S3_ROOT.test(text) ? 's3' : undefined;
};

/** What a store means by `NoSuchCORSConfiguration`. */
const EMPTY = '<CORSConfiguration/>';
const NO_RULES = { hasRules: false, text: '', bytes: 0 };
