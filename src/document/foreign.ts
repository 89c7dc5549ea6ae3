import type { Fault } from './fault.ts';
import type { Json } from './jsontext.ts';

/** A kind of document that sets CORS for something else, and is not read. */
interface Foreign {
  /** The predicate of a sentence about the document. */
  readonly reason: string;
  readonly write: string;
}

const S3_FORM =
  '{"CORSRules": [{"AllowedOrigins": ["https://www.example.com"], "AllowedMethods": ["GET", "HEAD"]}]}';

const AZURE: Foreign = {
  reason: 'is a document of Azure Storage, which lists several values in one text',
  write: `${S3_FORM}, with each value as its own text`,
};

/** By root elements of XML. */
const ROOTS: Readonly<Record<string, Foreign>> = {
  StorageServiceProperties: AZURE,
  Error: {
    reason: 'is the Error document of a store, not its rules',
    write: 'the rules themselves; the Code and the Message in it say why the store did not send them',
  },
};

/** By keys of JSON in lower case; a document is of the first kind of which it has all keys. */
const KEYS: readonly (Foreign & { readonly keys: readonly string[] })[] = [
  {
    keys: ['allowedoperations'],
    reason: "is a document of Backblaze B2's own API, whose operations are not methods of HTTP",
    write: `${S3_FORM}: GET and HEAD for downloads, PUT and POST for uploads`,
  },
  { keys: ['maxageinseconds', 'exposedheaders'], ...AZURE },
  {
    keys: ['alloworigins', 'allowmethods'],
    reason: 'is the CORS setting of an API gateway or a function, not the rules of a bucket',
    write: `${S3_FORM}, with each method by its name`,
  },
];

/** By the beginning of a text that is neither XML nor JSON. */
const TEXTS: readonly (Foreign & { readonly begins: RegExp })[] = [
  {
    begins: /^(?:%YAML|---|- |#.*\n|["']?[A-Za-z][\w.-]*["']?[ \t]*:(?:[ \t\r\n]|$))/,
    reason: 'is YAML, which is not read',
    write:
      'the same rules in JSON or XML: ossutil prints JSON with --output-format json, gcloud with --format=json, aws with --output json',
  },
  {
    begins: /^(?:resource|module|provider|terraform|locals|cors_rule)\b[^:]*\{/,
    reason: 'is the HCL of Terraform, which is not read',
    write: `the rules as JSON: ${S3_FORM}`,
  },
];

const faultOf = ({ reason, write }: Foreign): Fault => ({ code: 'BC001', place: 'document', reason, write });

/** The fault of an XML document whose root element another service uses; undefined for any other. */
export function foreignRoot(name: string): Fault | undefined {
  const found = Object.hasOwn(ROOTS, name) ? ROOTS[name] : undefined;
  return found && faultOf(found);
}

/** The fault of a text that is neither XML nor JSON, but of a kind that people have; undefined for any other. */
export function foreignText(text: string): Fault | undefined {
  const found = TEXTS.find(({ begins }) => begins.test(text));
  return found && faultOf(found);
}

/** The fault of a JSON document that another service uses, by keys on its first three levels; undefined for any other. */
export function foreignJson(json: Json): Fault | undefined {
  const keys = new Set<string>();
  collectKeys(json, 3, keys);
  const found = KEYS.find((row) => row.keys.every((key) => keys.has(key)));
  return found && faultOf(found);
}

function collectKeys(json: Json, levels: number, keys: Set<string>): void {
  if (levels === 0) return;
  if (json.kind === 'list') for (const item of json.items) collectKeys(item, levels, keys);
  if (json.kind !== 'object') return;
  for (const [key, value] of json.entries) {
    keys.add(key.toLowerCase());
    collectKeys(value, levels - 1, keys);
  }
}
