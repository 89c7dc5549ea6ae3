import { isAbsolute, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CODES } from '../../document/code-table.ts';
import type { Code, Severity } from '../../document/codes.ts';
import { faultText } from '../../document/fault.ts';
import type { Reported } from '../findings.ts';
import type { Opened } from '../sources/opened.ts';
import { VERSION } from '../version.ts';
import { type Report, urlOf } from './report.ts';

const LEVELS = { error: 'error', warning: 'warning', note: 'note' } as const satisfies Readonly<
  Record<Severity, string>
>;

/** A log of SARIF 2.1.0 with one run (OASIS, Static Analysis Results Interchange Format). */
export function sarifLog({ opened, findings }: Report) {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0' as const,
    runs: [
      {
        tool: {
          driver: {
            name: 'bucket-cors',
            version: VERSION,
            informationUri: 'https://github.com/bucket-cors/bucket-cors',
            rules: codes.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits' as const,
        results: findings.map((finding) => resultOf(finding, codes, opened)),
      },
    ],
  };
}

const ruleOf = (code: Code) => ({
  id: code,
  shortDescription: { text: CODES[code].title },
  helpUri: urlOf(code),
  defaultConfiguration: { level: LEVELS[CODES[code].severity] },
});

function resultOf(finding: Reported, codes: readonly Code[], opened: Opened) {
  const { code, severity, place, line } = finding;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: faultText(finding) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(opened) },
          ...(line !== undefined && { region: { startLine: line } }),
        },
        logicalLocations: [{ fullyQualifiedName: place }],
      },
    ],
  };
}

/** A file relative to the working directory, which is the repository in CI; else the name of the source as a URI. */
function uriOf({ kind, name, path }: Opened): string {
  if (path === undefined) return kind === 'input' || kind === 'inline' ? kind : name;
  const inside = relative('', path);
  if (inside.startsWith('..') || isAbsolute(inside)) return pathToFileURL(path).href;
  return inside.split(/[\\/]/).map(encodeURIComponent).join('/');
}
