export type ListField = 'allowedOrigins' | 'allowedMethods' | 'allowedHeaders' | 'exposeHeaders';
export type Field = ListField | 'maxAgeSeconds' | 'id';

/** The names one form of the document uses; faults and places speak in them. */
export interface Words {
  /** What the document as a whole is called in a place. */
  readonly root: string;
  /** A rule; empty where the rules are a bare list and a place is only a number. */
  readonly rule: string;
  readonly fields: Readonly<Record<Field, string>>;
  /** Absent where the form has no such field. */
  readonly responseVary?: string;
  /** `element` or `key`. An unknown element is ignored with a warning, an unknown key is a fault. */
  readonly unit: 'element' | 'key';
}

export const XML: Words = {
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
export const OSS_JSON: Words = { ...XML, root: 'document', unit: 'key' };

/** The JSON of the S3 command line and of Terraform. */
export const S3_JSON: Words = {
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

/** The fields of a rule by the names that this form gives them. */
export const fieldsByName = (words: Words): ReadonlyMap<string, Field> =>
  new Map((Object.keys(words.fields) as Field[]).map((field) => [words.fields[field], field]));
