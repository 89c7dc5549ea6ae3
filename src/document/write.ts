import { DEFAULT_DIALECT, type Dialect } from '../cors/behaviour.ts';
import type { Rule, RuleSet } from '../cors/rule.ts';
import { MAX_RULES } from './check.ts';
import type { Fault, Result } from './fault.ts';
import { RULE_SET } from './forms.ts';
import type { PlaceOf } from './place.ts';
import { headerFaults } from './writers/headers.ts';
import { toGcsJson, toOssJson, toR2Json, toS3Json } from './writers/json.ts';
import { overlapIn } from './writers/overlap.ts';
import { toTerraform } from './writers/terraform.ts';
import { toXml } from './xml.ts';

export interface WriteOptions {
  /** The store that gets the document; Terraform has a resource for each, and one of OSS by default. */
  readonly store?: Dialect;
  /** The name of the bucket, for Terraform. */
  readonly bucket?: string;
  /** The places of the rules in their own document, for faults and notes; by default those of a rule set. */
  readonly placeOf?: PlaceOf;
}

export interface Written {
  readonly text: string;
  /** What the document does not carry although no decision depends on it, and what to look at before its use. */
  readonly notes: readonly Fault[];
}

/** One form in which rules can be written. */
interface Writer {
  /** In sentences: `… cannot be said in TITLE`. */
  readonly title: string;
  readonly text: (ruleSet: RuleSet, options: WriteOptions) => string;
  /** How a store gets no rules at all, which no document of this form says. */
  readonly clear: string;
  readonly lacksId?: true;
  readonly lacksVary?: (store: Dialect | undefined) => boolean;
  /** One list is both the allowed and the exposed headers. */
  readonly oneHeaderList?: true;
  /** The rules are a set, and Terraform sends 0 for a missing MaxAgeSeconds: so both providers declare their schemas. */
  readonly isTerraform?: true;
}

const always = () => true;

/** Every form that `writeDocument` writes. */
export const WRITERS = {
  xml: {
    title: 'the XML of S3',
    text: toXml,
    clear: 'DELETE /?cors',
    lacksVary: (store) => store === 's3',
  },
  'oss-json': {
    title: 'the JSON of OSS',
    text: toOssJson,
    clear: 'ossutil api delete-bucket-cors',
    lacksId: true,
  },
  's3-json': {
    title: 'the JSON of S3',
    text: toS3Json,
    clear: 'aws s3api delete-bucket-cors',
    lacksVary: always,
  },
  r2: {
    title: 'the JSON of R2',
    text: toR2Json,
    clear: 'wrangler r2 bucket cors delete',
    lacksVary: always,
  },
  gcs: {
    title: 'the JSON of Google Cloud Storage',
    text: toGcsJson,
    clear: 'gcloud storage buckets update --clear-cors',
    lacksId: true,
    lacksVary: always,
    oneHeaderList: true,
  },
  terraform: {
    title: 'Terraform',
    text: (ruleSet, { store = DEFAULT_DIALECT, bucket = BUCKET }) => toTerraform(ruleSet, store, bucket),
    clear: 'a configuration without this resource',
    lacksVary: (store) => store === 's3',
    isTerraform: true,
  },
} as const satisfies Readonly<Record<string, Writer>>;

export type WrittenForm = keyof typeof WRITERS;

/** Stands for a name that is not known. */
const BUCKET = 'my-bucket';

const ownPlace: PlaceOf = (rule, field, index) => {
  const { rule: list, responseVary = '' } = RULE_SET;
  if (field === 'responseVary') return responseVary;
  if (rule === null) return list;
  const name = field === undefined ? '' : `/${field}`;
  return `${list}[${rule}]${name}${index === undefined ? '' : `[${index}]`}`;
};

/**
 * Writes the same rules in another form. A strict reading of the text gives the rule set back, but for IDs in a form
 * without them. Refused, with a fault for each value, where the form cannot say the rules. Never throws.
 */
export function writeDocument(
  ruleSet: RuleSet,
  form: WrittenForm,
  options: WriteOptions = {},
): Result<Written> {
  const writer: Writer = WRITERS[form];
  const { placeOf = ownPlace } = options;
  const faults = [
    ...countFaults(ruleSet.rules.length, writer, placeOf),
    ...varyFaults(ruleSet, writer, options.store, placeOf),
    ...(writer.oneHeaderList ? headerFaults(ruleSet.rules, writer.title, placeOf) : []),
    ...(writer.isTerraform ? orderFaults(ruleSet.rules, placeOf) : []),
  ];
  if (faults.length > 0) return { ok: false, faults: faults.map((one) => ({ ...one, severity: 'error' })) };
  const notes = [
    ...(writer.lacksId || (writer.isTerraform && options.store !== 's3')
      ? idNotes(ruleSet.rules, writer, placeOf)
      : []),
    ...(writer.isTerraform ? terraformNotes(ruleSet.rules, options.bucket, placeOf) : []),
  ];
  const text = writer.text(ruleSet, options);
  return { ok: true, value: { text, notes: notes.map((one) => ({ ...one, severity: 'note' })) } };
}

function countFaults(count: number, { title, clear }: Writer, placeOf: PlaceOf): readonly Fault[] {
  const place = placeOf(null);
  if (count === 0)
    return [{ code: 'BC003', place, reason: `has no rule, which ${title} cannot say`, write: clear }];
  if (count <= MAX_RULES) return [];
  const reason = 'is too many rules';
  return [{ code: 'BC012', place, value: String(count), reason, write: `at most ${MAX_RULES}` }];
}

function varyFaults(
  { responseVary }: RuleSet,
  { title, lacksVary }: Writer,
  store: Dialect | undefined,
  placeOf: PlaceOf,
): readonly Fault[] {
  if (!responseVary || !lacksVary?.(store)) return [];
  const reason = `cannot be said in ${title}: only OSS has ResponseVary`;
  const write = 'false, or leave it out: --vary safe sends Vary wherever the answer depends on the origin';
  return [{ place: placeOf(null, 'responseVary'), value: 'true', reason, write }];
}

function orderFaults(rules: readonly Rule[], placeOf: PlaceOf): readonly Fault[] {
  const pair = overlapIn(rules);
  if (pair === undefined) return [];
  const [earlier, later] = pair.map((index) => placeOf(index + 1));
  const reason = `may decide the same requests as ${earlier}, and Terraform does not preserve the order of rules`;
  const write = 'rules that share no origin with a common method, or the rules in another form';
  return [{ place: later ?? placeOf(null), reason, write }];
}

const idNotes = (rules: readonly Rule[], { title }: Writer, placeOf: PlaceOf): readonly Fault[] =>
  rules.flatMap(({ id }, index) => {
    if (id === undefined) return [];
    const reason = `is left out: ${title} has no ID, and no decision depends on it`;
    return [
      { place: placeOf(index + 1, 'id'), value: id, reason, write: 'xml, s3-json or r2 for a form with IDs' },
    ];
  });

function terraformNotes(
  rules: readonly Rule[],
  bucket: string | undefined,
  placeOf: PlaceOf,
): readonly Fault[] {
  const reason = 'is missing, and Terraform sends 0 for it, so that browsers cache no preflight';
  const ages = rules.flatMap(({ maxAgeSeconds }, index) =>
    maxAgeSeconds === undefined
      ? [{ place: placeOf(index + 1, 'maxAgeSeconds'), reason, write: 'a number of seconds, such as 600' }]
      : [],
  );
  if (bucket !== undefined) return ages;
  return [
    ...ages,
    { place: 'bucket', value: BUCKET, reason: 'is a placeholder', write: 'the name of the bucket' },
  ];
}
