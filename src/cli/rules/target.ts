import { signAt } from '../../bucket/authorize/place.ts';
import { askForRules, rulesUrl } from '../../bucket/read.ts';
import type { Sign } from '../../bucket/transport.ts';
import { sendRules } from '../../bucket/write.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import type { OptionName } from '../../config/options.ts';
import { OPTIONS } from '../../config/options.ts';
import { type BucketOptions, type GivenOptions, readBucketOptions } from '../../config/read.ts';
import { asFlag, type Spell } from '../../config/spell.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import { type Fault, faultText, type Result } from '../../document/fault.ts';
import { fileCredentials } from '../../node/buckets/credentials.ts';
import type { Pools } from '../../node/transport/pools.ts';
import { readByPools } from '../../node/transport/small-read.ts';
import { documentOf, writeOnce } from '../../node/transport/small-write.ts';
import { openSigner } from '../../open/signer.ts';
import { messageIn, type Outcome, send } from '../../open/write-outcome.ts';
import { bucketSource } from '../../rules/sources/bucket.ts';
import type { Arguments, Terminal } from '../command.ts';
import { patiently } from '../patience.ts';
import { recorded, textOf } from '../sources/load.ts';
import { openedBucket } from '../sources/open.ts';
import type { Opened } from '../sources/opened.ts';
import { SIGNING_OPTIONS, type Side, sideFlag } from './flags.ts';

/** A bucket whose rules are read and written: at its store, or behind an edge. */
export interface Target {
  /** The URL of its rules. */
  readonly name: string;
  /** The name of the bucket, if the address or a flag has it. */
  readonly bucket: string | undefined;
  readonly store: Dialect;
  /** Reads the rules. Never rejects; each fault is a line. */
  read(): Promise<Result<Opened, string>>;
  /** Writes a document, or removes the rules for null. Sends one request, and never rejects. */
  write(text: string | null): Promise<Outcome>;
}

/** Opens the bucket at an address, with the flags of its side. Faults are those of the command line. */
export async function openTarget(
  address: string,
  side: Side,
  args: Arguments,
  terminal: Terminal,
  pools: Pools,
): Promise<Result<Target, Fault | string>> {
  const place = bucketFlag(args) === address && side === 'TARGET' ? '--bucket' : side;
  const given: GivenOptions = { ...givenTo(side, args), bucket: { place, text: bare(address) } };
  const options = readBucketOptions(given);
  if (!options.ok) return options;
  const { bucket } = options.value;
  if (bucket?.kind !== 'http') return { ok: false, faults: [folderFault(place)] };
  const spell: Spell = (option, value) => {
    const written = asFlag(option, value);
    return side === 'FROM' ? written.replace(/^--/, '--from-') : written;
  };
  const means = { variables: terminal.env, credentialsFile: fileCredentials };
  const signer = await openSigner(options.value, bucket, means, spell);
  if (!signer.ok) return signer;
  return { ok: true, value: targetAt(bucket, options.value, given, signer.value, terminal, pools) };
}

const bucketFlag = (args: Arguments): string | null => args.value('bucket');

/** `bucket:URL` is the same as the URL here, as in the other commands. */
const bare = (address: string): string => address.replace(/^bucket:/, '');

const folderFault = (place: string): Fault => ({
  place,
  reason: 'is a folder, whose rules are in the file .cors.xml beside it',
  write: 'the address of a bucket: oss://…, s3://… or an http(s) URL; the file of a folder is edited',
});

function givenTo(side: Side, args: Arguments): GivenOptions {
  const given: GivenOptions = {};
  for (const name of SIGNING_OPTIONS) {
    const flag = sideFlag(side, OPTIONS[name satisfies OptionName].flag);
    const text = args.value(flag);
    if (text !== null) given[name] = { place: `--${flag}`, text };
  }
  return given;
}

function targetAt(
  place: Extract<BucketPlace, { kind: 'http' }>,
  { store, bucketName }: BucketOptions,
  given: GivenOptions,
  signer: Sign | undefined,
  terminal: Terminal,
  pools: Pools,
): Target {
  const { address } = place;
  const name = rulesUrl(address);
  const sign: Sign | undefined =
    signer && ((request) => signAt(store, signer, request, request.target.slice(address.path.length)));
  const isStoreKnown = given.store !== undefined || place.store !== undefined;
  const write = sendRules(address, writeOnce, sign);
  return {
    name,
    bucket: bucketName ?? place.name,
    store,
    read: async () => {
      const { read, text } = recorded(readByPools(pools));
      const asked = textOf(bucketSource(name, askForRules(address, read, sign)), text);
      const found = await patiently(asked, `bucket-cors: waiting for ${name} …`, terminal);
      if (!found.ok) return { ok: false, faults: found.faults.map((line) => withMessage(line, text())) };
      const value = openedBucket({ name, store, isStoreKnown, text: found.value }, given.store !== undefined);
      return { ok: true, value };
    },
    write: (text) =>
      patiently(
        send((limits) => write(text === null ? null : documentOf(text), limits)),
        `bucket-cors: waiting for ${name} to answer the write …`,
        terminal,
      ),
  };
}

/** A store, and an edge more so, says in the message of an error what its code does not. */
function withMessage(line: string, answer: string): string {
  const message = messageIn(answer);
  return message === '' ? line : `${line} The answer says: ${message}.`;
}

/** The lines of faults, of the command line or of a source. */
export const linesOf = (faults: readonly (Fault | string)[]): readonly string[] =>
  faults.map((fault) => (typeof fault === 'string' ? fault : faultText(fault)));
