export type ListField = 'allowedOrigins' | 'allowedMethods' | 'allowedHeaders' | 'exposeHeaders';
export type Field = ListField | 'maxAgeSeconds' | 'id';

/** The forms of a rules document, by the programs that write them. `rule-set` is the object of a JavaScript program. */
export type FormName =
  | 'xml'
  | 'gcs-xml'
  | 'oss-json'
  | 's3-json'
  | 's3-list'
  | 'cfn'
  | 'r2-json'
  | 'r2-list'
  | 'gcs-json'
  | 'gcs-list'
  | 'ali-oss'
  | 'rule-set';

/**
 * A form's names for the fields of a rule; `allowed/origins` is `origins` inside `allowed`. Without `exposeHeaders` one
 * list means both the allowed and the exposed headers.
 */
export type FieldNames = Readonly<
  Record<Exclude<Field, 'exposeHeaders' | 'id'>, string> & Partial<Record<'exposeHeaders' | 'id', string>>
>;

/** One form of the document: its names, which the places of faults use too. */
export interface Form {
  readonly name: FormName;
  /** The name of the whole document in a place. */
  readonly root: string;
  /** The name of a rule. Empty for a list of rules without a key, where a place is only a number. */
  readonly rule: string;
  readonly fields: FieldNames;
  /** Absent if the form has no such field. */
  readonly responseVary?: string;
  /** `element` or `key`. An unknown key is a fault; an unknown element only if a known one seems to be meant. */
  readonly unit: 'element' | 'key';
  /** JSON: the paths of keys to the object or list of this form; the empty path is the whole document. */
  readonly within: readonly string[];
  /** Keys that tools write beside the rules and that say nothing about them. */
  readonly beside?: readonly string[];
  /** In this form `*` means the five methods, and other methods of HTTP may be listed. */
  readonly wideMethods?: true;
  /** A tool of the store printed it. What the store accepts without effect is no mistake in it. */
  readonly printed?: true;
  /** An empty list of rules is intended, not a typing error. */
  readonly mayBeEmpty?: true;
}

/** A form with a name for every field: rule sets can be written in it. */
export interface FullForm extends Form {
  readonly fields: Readonly<Record<Field, string>>;
}

/** The key around rules in the input of the AWS command line, and in XML turned into JSON. */
const CONFIGURATION = 'CORSConfiguration';

export const XML: FullForm = {
  name: 'xml',
  root: CONFIGURATION,
  rule: 'CORSRule',
  fields: {
    allowedOrigins: 'AllowedOrigin',
    allowedMethods: 'AllowedMethod',
    allowedHeaders: 'AllowedHeader',
    exposeHeaders: 'ExposeHeader',
    maxAgeSeconds: 'MaxAgeSeconds',
    id: 'ID',
  },
  responseVary: 'ResponseVary',
  unit: 'element',
  within: [],
};

/** The JSON of ossutil: the XML, with or without its root element. */
export const OSS_JSON: FullForm = {
  ...XML,
  name: 'oss-json',
  root: 'document',
  unit: 'key',
  within: ['', CONFIGURATION],
};

/** The JSON of the S3 command line and SDKs, and of their answers. */
export const S3_JSON: FullForm = {
  name: 's3-json',
  root: 'document',
  rule: 'CORSRules',
  fields: {
    allowedOrigins: 'AllowedOrigins',
    allowedMethods: 'AllowedMethods',
    allowedHeaders: 'AllowedHeaders',
    exposeHeaders: 'ExposeHeaders',
    maxAgeSeconds: 'MaxAgeSeconds',
    id: 'ID',
  },
  unit: 'key',
  within: ['', CONFIGURATION],
  beside: ['ResponseMetadata', '$metadata'],
};

/** The JSON of the S3 console: the list of rules alone. */
export const S3_LIST: Form = { ...S3_JSON, name: 's3-list', rule: '' };

/** S3's rules as a CloudFormation template names them. */
export const CFN: Form = {
  name: 'cfn',
  root: 'document',
  rule: 'CorsRules',
  fields: {
    ...S3_JSON.fields,
    exposeHeaders: 'ExposedHeaders',
    maxAgeSeconds: 'MaxAge',
    id: 'Id',
  },
  unit: 'key',
  within: ['', 'CorsConfiguration', 'Properties/CorsConfiguration'],
};

/** The JSON of Cloudflare R2's own API, of its answers and of wrangler. */
export const R2_JSON: FullForm = {
  name: 'r2-json',
  root: 'document',
  rule: 'rules',
  fields: {
    allowedOrigins: 'allowed/origins',
    allowedMethods: 'allowed/methods',
    allowedHeaders: 'allowed/headers',
    exposeHeaders: 'exposeHeaders',
    maxAgeSeconds: 'maxAgeSeconds',
    id: 'id',
  },
  unit: 'key',
  within: ['', 'result'],
};

export const R2_LIST: Form = { ...R2_JSON, name: 'r2-list', rule: '', within: [''] };

/** The JSON of Google Cloud Storage's API. */
export const GCS_JSON: Form = {
  name: 'gcs-json',
  root: 'document',
  rule: 'cors',
  fields: {
    allowedOrigins: 'origin',
    allowedMethods: 'method',
    allowedHeaders: 'responseHeader',
    maxAgeSeconds: 'maxAgeSeconds',
  },
  unit: 'key',
  within: [''],
  wideMethods: true,
};

/** The JSON that gcloud and gsutil take: the list of rules alone. */
export const GCS_LIST: Form = { ...GCS_JSON, name: 'gcs-list', rule: '' };

/** The list as `gcloud storage buckets describe` prints it. */
const GCS_PRINTED: Form = { ...GCS_LIST, within: ['cors_config'], printed: true };

/** The XML of Google Cloud Storage, which answers it to `GET /?cors` too. */
export const GCS_XML: Form = {
  name: 'gcs-xml',
  root: 'CorsConfig',
  rule: 'Cors',
  fields: {
    allowedOrigins: 'Origins/Origin',
    allowedMethods: 'Methods/Method',
    allowedHeaders: 'ResponseHeaders/ResponseHeader',
    maxAgeSeconds: 'MaxAgeSec',
  },
  unit: 'element',
  within: [],
  wideMethods: true,
};

/** The rules of the ali-oss SDK: the argument of `putBucketCORS`, and `rules` in the result of `getBucketCORS`. */
export const ALI_OSS: Form = {
  name: 'ali-oss',
  root: 'document',
  rule: '',
  fields: {
    allowedOrigins: 'allowedOrigin',
    allowedMethods: 'allowedMethod',
    allowedHeaders: 'allowedHeader',
    exposeHeaders: 'exposeHeader',
    maxAgeSeconds: 'maxAgeSeconds',
  },
  unit: 'key',
  within: ['', 'rules'],
};

/** A `RuleSet` as a program writes it. */
export const RULE_SET: FullForm = {
  name: 'rule-set',
  root: 'rules',
  rule: 'rules',
  fields: {
    allowedOrigins: 'allowedOrigins',
    allowedMethods: 'allowedMethods',
    allowedHeaders: 'allowedHeaders',
    exposeHeaders: 'exposeHeaders',
    maxAgeSeconds: 'maxAgeSeconds',
    id: 'id',
  },
  responseVary: 'responseVary',
  unit: 'key',
  within: [''],
  mayBeEmpty: true,
};

/** By their root elements. */
export const XML_FORMS: readonly Form[] = [XML, GCS_XML];

/** Where several forms fit, the first wins. */
export const JSON_FORMS: readonly Form[] = [
  S3_JSON,
  OSS_JSON,
  CFN,
  R2_JSON,
  GCS_JSON,
  S3_LIST,
  R2_LIST,
  GCS_LIST,
  GCS_PRINTED,
  ALI_OSS,
];

/** The fields of a rule by their names in this form, and the names of the groups around them: `allowed`. */
export interface NamesOf {
  readonly fields: ReadonlyMap<string, Field>;
  readonly groups: ReadonlySet<string>;
}

export function namesOf(form: Form): NamesOf {
  const entries = Object.entries(form.fields) as (readonly [Field, string])[];
  const groups = entries.flatMap(([, name]) => (name.includes('/') ? [name.replace(/\/.*/, '')] : []));
  return { fields: new Map(entries.map(([field, name]) => [name, field])), groups: new Set(groups) };
}

/** A name inside another one; the outer one may be empty. */
export const inside = (outer: string, name: string): string => (outer === '' ? name : `${outer}/${name}`);
