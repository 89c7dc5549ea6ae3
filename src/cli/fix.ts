import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../analysis/change.ts';
import { changesOf } from '../analysis/changes.ts';
import type { Domains } from '../analysis/check/domains.ts';
import type { Finding } from '../analysis/check/finding.ts';
import { fixRules } from '../analysis/check/fix.ts';
import { compileRules } from '../cors/compile.ts';
import type { RuleSet } from '../cors/rule.ts';
import { type Document, type Fault, faultText } from '../document/fault.ts';
import type { FormName } from '../document/forms.ts';
import { readDocument } from '../document/read.ts';
import { type WrittenForm, writeDocument } from '../document/write.ts';
import { inNamespaceOf, lostInXml } from './fix-xml.ts';
import { textDiff } from './formats/text-diff.ts';
import type { Opened } from './sources/opened.ts';

/** A corrected document that is not written yet. */
export interface Fix {
  readonly text: string;
  readonly fixed: readonly Finding[];
  /** From the file as it is to the corrected one, comments and layout included. */
  readonly diff: readonly string[];
  /** What it changes for pages; never wider. */
  readonly changes: readonly Change[];
  /** What a reader of the diff should know. */
  readonly notes: readonly string[];
}

/** The corrected document, null if there is nothing to correct safely, or why it cannot be written. */
export function fixOf(opened: Opened, domains: Domains): Fix | null | { readonly refused: string } {
  const { document, behaviour, bytes, name, text } = opened;
  if (!document.ok)
    return {
      refused: `${name} has faults that leave open what its author means: correct them, then run --fix again`,
    };
  const { ruleSet, placeOf, form } = document;
  const options = { behaviour, placeOf, domains, ...(bytes !== undefined && { bytes }) };
  const { ruleSet: corrected, fixed } = fixRules(ruleSet, options);
  if (fixed.length === 0) return null;
  const lost = lostBy(document, text);
  if (lost !== null)
    return { refused: `${name} ${lost}, which --fix does not write: convert it with bucket-cors convert` };
  const written = writtenAs(form, corrected, text);
  if ('refused' in written) return { refused: `${name} ${written.refused}` };
  const { changes } = changesOf(compileRules(ruleSet, behaviour), compileRules(corrected, behaviour));
  if (changes.some(({ isWider }) => isWider))
    return { refused: `${name} would let in more after the correction: nothing is written` };
  return {
    text: written.text,
    fixed,
    diff: textDiff({ name, text }, { name, text: written.text }),
    changes,
    notes: [
      ...(form === 'xml' && text.includes('<!--') ? ['comments are left out'] : []),
      ...written.notes.map(faultText),
    ],
  };
}

/** What a document has that its rules do not say, as the predicate of a sentence; null if there is nothing. */
function lostBy({ beyond, warnings, form }: Readable, text: string): string | null {
  const [first] = beyond;
  if (first !== undefined) return `has ${first} around or beside its rules`;
  // A value that counts as absent says nothing. Any other warning is about a value that is not read.
  const unread = warnings.find(({ code }) => code !== 'BC004');
  if (unread !== undefined) return `has a value that is not read at ${unread.place}`;
  return form === 'xml' ? lostInXml(text) : null;
}

type Readable = Extract<Document, { readonly ok: true }>;

interface Shape {
  readonly form: WrittenForm;
  /** The document in the shape of the file, from the document in the written form. */
  readonly shaped?: (json: Readonly<Record<string, unknown>>) => unknown;
}

/** How the forms of files are written. */
const SHAPES: Partial<Readonly<Record<FormName, Shape>>> = {
  xml: { form: 'xml' },
  'oss-json': { form: 'oss-json' },
  's3-json': { form: 's3-json' },
  's3-list': { form: 's3-json', shaped: ({ CORSRules }) => CORSRules },
  'r2-json': { form: 'r2' },
  'r2-list': { form: 'r2', shaped: ({ rules }) => rules },
  'gcs-json': { form: 'gcs', shaped: (cors) => ({ cors }) },
  'gcs-list': { form: 'gcs' },
};

function writtenAs(
  form: FormName,
  ruleSet: RuleSet,
  before: string,
): { readonly text: string; readonly notes: readonly Fault[] } | { readonly refused: string } {
  const shape = SHAPES[form];
  if (shape === undefined)
    return { refused: 'has a form that --fix does not write: convert it with bucket-cors convert' };
  const written = writeDocument(ruleSet, shape.form);
  if (!written.ok) return { refused: `cannot be written: ${written.faults.map(faultText).join('; ')}` };
  const { text, notes } = written.value;
  const shaped =
    shape.shaped === undefined
      ? inNamespaceOf(before, text)
      : `${JSON.stringify(shape.shaped(JSON.parse(text)), null, 2)}\n`;
  const read = readDocument(shaped, 'strict');
  if (read.ok && read.form === form && isDeepStrictEqual(read.ruleSet, ruleSet))
    return { text: shaped, notes };
  return { refused: 'has rules that its own form cannot say after the correction: nothing is written' };
}
