import { withoutSecrets } from '../../config/secrets.ts';
import { toXml } from '../../document/xml.ts';
import type { Grade } from '../../export/outcome.ts';
import type { ExportFile, ExportOptions, Inexpressible, Note, Target } from '../../export/target.ts';
import { compileFor } from '../../export/targets.ts';
import type { Arguments } from '../command.ts';
import { quoted } from '../completion/offers.ts';
import type { ExportedRules } from '../export/exported.ts';
import { DEFAULT_NAME } from '../export/line.ts';
import { EXPORT_SOURCE_FLAGS } from '../export/source.ts';
import { VERSION } from '../version.ts';
import type { Pair, ReadDeployed } from './deployed.ts';

/** What is to be deployed in place of the configuration. */
export type Correction =
  | {
      readonly ok: true;
      readonly files: readonly ExportFile[];
      /** Null for rules, which say themselves. */
      readonly grade: Grade | null;
      readonly notes: readonly Note[];
      /** The command that writes it; null for rules. */
      readonly command: string | null;
    }
  | { readonly ok: false; readonly refused: readonly Inexpressible[] };

/** Writes the configuration of the target from the rules: in the form of the file, if an export wrote that. */
export function correctionOf(
  target: Target | null,
  args: Arguments,
  source: ExportedRules,
  { banner }: ReadDeployed,
  { rules }: Pair,
): Correction {
  if (target === null) {
    const text = toXml({ rules: rules.rules.map(({ rule }) => rule), responseVary: rules.responseVary });
    const use = "The bucket's rules.";
    return { ok: true, files: [{ name: 'cors.xml', use, text }], grade: null, notes: [], command: null };
  }
  const { format = target.formats[0] ?? 'config', allowNarrower = false, name = DEFAULT_NAME } = banner ?? {};
  const bucketUrl = banner?.bucketUrl ?? source.bucketUrl;
  const options: ExportOptions = {
    format,
    allowNarrower,
    name,
    bucketUrl,
    source: source.name,
    version: VERSION,
  };
  const compiled = compileFor(target, rules, options);
  if (!compiled.ok) return compiled;
  const { files, grade, notes } = compiled;
  return { ok: true, files, grade, notes, command: commandOf(target, args, options, source) };
}

/** The command line that exports the same. A value that may be secret is left to the operator. */
function commandOf(
  { name: target, formats }: Target,
  args: Arguments,
  { format, name, bucketUrl, allowNarrower }: ExportOptions,
  source: ExportedRules,
): string {
  const given = EXPORT_SOURCE_FLAGS.flatMap((flag) => {
    const text = args.value(flag.name);
    if (flag.value === undefined) return args.on(flag.name) ? [`--${flag.name}`] : [];
    return text === null ? [] : [`--${flag.name} ${shell(isSecret(text) ? '…' : text)}`];
  });
  return [
    `bucket-cors export ${target}`,
    ...given,
    ...(format === formats[0] && format === 'config' ? [] : [`--format ${format}`]),
    ...(name === DEFAULT_NAME ? [] : [`--name ${name}`]),
    ...(bucketUrl === null || bucketUrl === source.bucketUrl ? [] : [`--bucket-url ${shell(bucketUrl)}`]),
    ...(allowNarrower ? ['--allow-narrower'] : []),
    '-o FILE',
  ].join(' ');
}

/** A query may name a region, or sign a request. */
const isSecret = (text: string): boolean => withoutSecrets(text) === null;

const shell = (text: string): string => (/^[\w./:@=,+-]+$/.test(text) ? text : quoted(text));
