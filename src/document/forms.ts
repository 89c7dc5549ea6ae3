export type ListField = 'allowedOrigins' | 'allowedMethods' | 'allowedHeaders' | 'exposeHeaders';
export type Field = ListField | 'maxAgeSeconds' | 'id';

/**
 * A form's names for the fields of a rule; `allowed/origins` is the key `origins` of an object `allowed`. Without
 * `exposeHeaders` one list means both the allowed and the exposed headers.
 */
export type FieldNames = Readonly<
  Record<Exclude<Field, 'exposeHeaders' | 'id'>, string> & Partial<Record<'exposeHeaders' | 'id', string>>
>;

/** One form of the document: its names, which the places of faults use too. */
export interface Form {
  /** The name of the whole document in a place. */
  readonly root: string;
  /** The name of a rule. Empty for a bare list, where a place is only a number. */
  readonly rule: string;
  readonly fields: FieldNames;
  /** Absent if the form has no such field. */
  readonly responseVary?: string;
  /** `element` or `key`. An unknown element is ignored with a warning, an unknown key is a fault. */
  readonly unit: 'element' | 'key';
  /** In this form `*` means the five methods, and OPTIONS may be listed without effect. */
  readonly wideMethods?: true;
  /** An empty list of rules is intended, not a typing error. */
  readonly mayBeEmpty?: true;
}

/** A form with a name for every field: rule sets can be written in it. */
export interface FullForm extends Form {
  readonly fields: Readonly<Record<Field, string>>;
}

export const XML: FullForm = {
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
export const OSS_JSON: FullForm = { ...XML, root: 'document', unit: 'key' };

/** The JSON of the S3 command line and of Terraform. */
export const S3_JSON: FullForm = {
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

/** The JSON of the S3 console: the bare list of rules. */
export const S3_LIST: Form = { ...S3_JSON, rule: '' };

/** The JSON of Cloudflare R2's own API and of wrangler. */
export const R2_JSON: Form = {
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

export const R2_LIST: Form = { ...R2_JSON, rule: '' };

/** The JSON of Google Cloud Storage's API. */
export const GCS_JSON: Form = {
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

/** The JSON of gcloud and gsutil: the bare list of rules. */
export const GCS_LIST: Form = { ...GCS_JSON, rule: '' };

/** A `RuleSet` as a program writes it. */
export const RULE_SET: Form = {
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

/** The fields of a rule by their names in this form. */
export function fieldsByName(form: Form): ReadonlyMap<string, Field> {
  return new Map(
    (Object.entries(form.fields) as (readonly [Field, string])[]).map(([field, name]) => [name, field]),
  );
}
