export type ListField = 'allowedOrigins' | 'allowedMethods' | 'allowedHeaders' | 'exposeHeaders';
export type Field = ListField | 'maxAgeSeconds' | 'id';

/**
 * What a form calls the fields of a rule; `allowed/origins` stands in an object of its own, named `allowed`. Without
 * `exposeHeaders` the allowed headers serve for both; without `id` a rule has none.
 */
export type FieldNames = Readonly<
  Record<Exclude<Field, 'exposeHeaders' | 'id'>, string> & Partial<Record<'exposeHeaders' | 'id', string>>
>;

/** The names one form of the document uses; faults and places speak in them. */
export interface Words {
  /** What the document as a whole is called in a place. */
  readonly root: string;
  /** A rule; empty where the rules are a bare list and a place is only a number. */
  readonly rule: string;
  readonly fields: FieldNames;
  /** Absent where the form has no such field. */
  readonly responseVary?: string;
  /** `element` or `key`. An unknown element is ignored with a warning, an unknown key is a fault. */
  readonly unit: 'element' | 'key';
  /** The form's own rules let `*` stand for the five methods, and OPTIONS be listed, to no effect. */
  readonly wideMethods?: true;
  /** No rule at all is meant: it can't be what a slip of the pen left over. */
  readonly mayBeEmpty?: true;
}

/** A form with a name for every field, so that it can be written too. */
export interface FullWords extends Words {
  readonly fields: Readonly<Record<Field, string>>;
}

export const XML: FullWords = {
  root: 'CORSConfiguration',
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
};

/** The JSON of ossutil: the XML without its root element. */
export const OSS_JSON: FullWords = { ...XML, root: 'document', unit: 'key' };

/** The JSON of the S3 command line and of Terraform. */
export const S3_JSON: FullWords = {
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
};

/** The JSON of the S3 console: the list of rules alone. */
export const S3_LIST: Words = { ...S3_JSON, rule: '' };

/** The JSON of Cloudflare R2's own API and of wrangler. */
export const R2_JSON: Words = {
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
};

export const R2_LIST: Words = { ...R2_JSON, rule: '' };

/** The JSON of Google Cloud Storage's API. */
export const GCS_JSON: Words = {
  root: 'document',
  rule: 'cors',
  fields: {
    allowedOrigins: 'origin',
    allowedMethods: 'method',
    allowedHeaders: 'responseHeader',
    maxAgeSeconds: 'maxAgeSeconds',
  },
  unit: 'key',
  wideMethods: true,
};

/** The JSON of gcloud and gsutil: the list of rules alone. */
export const GCS_LIST: Words = { ...GCS_JSON, rule: '' };

/** A `RuleSet` as a program writes it. */
export const RULE_SET: Words = {
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
  mayBeEmpty: true,
};

/** The fields of a rule by the names that this form gives them. */
export const fieldsByName = (words: Words): ReadonlyMap<string, Field> =>
  new Map(
    (Object.entries(words.fields) as (readonly [Field, string])[]).map(([field, name]) => [name, field]),
  );
