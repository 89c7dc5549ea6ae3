import type { Finding } from '../../doctor/diagnose.ts';
import { shownTarget } from '../../doctor/evidence.ts';
import type { Severity } from '../../document/codes.ts';
import type { BrowserVerdict } from '../../node/browsers/judge.ts';
import { meaningOf } from '../../requests/message-meaning.ts';
import { listed, shown, wrapped } from '../explain/lines.ts';
import { type Paint, paintFor, visible } from '../formats/paint.ts';
import type { DoctorReport } from './report.ts';
import { requestLines } from './requests.ts';

const WIDTH = 80;
const COLOURS: Readonly<Record<Severity, keyof Paint>> = { error: 'red', warning: 'yellow', note: 'cyan' };

/** The report for a person: what the page gets, what is wrong, and every request. */
export function doctorTable(report: DoctorReport, colours: boolean, width = WIDTH): string {
  const paint = paintFor(colours);
  const { findings, browsers } = report;
  return [
    ...headLines(report, paint, width),
    '',
    ...verdictLines(report, paint, width),
    ...(browsers === null ? [] : ['', ...browsers.flatMap((one) => browserLines(one, paint, width))]),
    ...findings.flatMap((finding) => ['', ...findingLines(finding, paint, width)]),
    '',
    ...requestLines(report, paint, width),
    '',
    findings.length === 0 ? paint.green('Nothing found.') : countsText(findings),
  ].join('\n');
}

function headLines(
  { question, layers, rules }: DoctorReport,
  paint: Paint,
  width: number,
): readonly string[] {
  const { url, origin, method, headers, credentials } = question;
  const details = [
    `from a page of ${shown(origin)}`,
    headers.length > 0 ? `with the headers ${listed(headers)}` : 'without headers that need a rule',
    credentials ? 'with cookies' : 'without cookies',
  ];
  return [
    paint.bold(`${method} ${shown(new URL(url).origin)}${shown(shownTarget(url))}`),
    ...wrapped('  ', details.join(', '), width),
    ...(layers.length === 0
      ? ['  No header says which program answered.']
      : layers.flatMap(({ layer, line }) => wrapped('  ', `${layer.name}: ${shown(line)}`, width))),
    ...(rules === null ? [] : wrapped('  ', `Compared with the rules of ${shown(rules)}`, width)),
  ];
}

function verdictLines(
  { verdict, message, findings }: DoctorReport,
  paint: Paint,
  width: number,
): readonly string[] {
  const line =
    verdict.passes === null
      ? paint.yellow('Whether the page gets its answer is not known.')
      : verdict.passes
        ? findings.some(({ severity }) => severity === 'error')
          ? paint.yellow('The page gets its answer now; the errors say when it does not.')
          : paint.green('The page gets its answer.')
        : paint.red('The page does not get its answer.');
  const said =
    message === null
      ? []
      : wrapped(
          '  ',
          `The sentence${message.browser === null ? '' : ` of ${BROWSERS[message.browser]}`} means: ${visible(meaningOf(message).means)} ${message.because}`,
          width,
        );
  return [line, ...said, ...wrapped('  ', visible(verdict.because), width)];
}

const BROWSERS = { chromium: 'Chromium', firefox: 'Firefox', safari: 'Safari' } as const;

function browserLines(
  { browser, version, passes, sentences, because }: BrowserVerdict,
  paint: Paint,
  width: number,
): readonly string[] {
  const name = `${BROWSERS[browser]}${version === null ? '' : ` ${version}`}`;
  const verdict =
    passes === null
      ? paint.yellow('does not say')
      : passes
        ? paint.green('gives the page its answer')
        : paint.red('blocks it');
  return [
    `${paint.bold(visible(name))} ${verdict}`,
    ...[...sentences, ...(because === null ? [] : [because])].flatMap((text) =>
      wrapped('  ', visible(text), width),
    ),
  ];
}

function findingLines(finding: Finding, paint: Paint, width: number): readonly string[] {
  const { code, severity, title, evidence, meaning, fault, cure, cures, command } = finding;
  const column = Math.max(0, ...cures.map(({ at }) => at.length)) + 2;
  return [
    // Colours take no columns: the prefix is measured without them.
    ...wrapped(`${severity} `, `${paint.bold(code)}  ${title}`, width).map((line, at) =>
      at === 0 ? line.replace(severity, paint[COLOURS[severity]]) : line,
    ),
    ...evidence.flatMap(({ request, sent, lines }) => [
      ...wrapped(`    #${request} `, visible(sent), width),
      ...lines.map((line) => `        ${paint.dim(visible(line))}`),
    ]),
    ...wrapped('  Means: ', visible(meaning), width),
    ...wrapped('  Fault: ', `${visible(fault.name)}. ${visible(fault.because)}`, width),
    ...wrapped('  Cure:  ', cure, width),
    ...cures.flatMap(({ at, text }) => wrapped(`    ${`${at}:`.padEnd(column)}`, visible(text), width)),
    ...(command === null ? [] : [`  Ask:   ${visible(command)}`]),
    `  ${paint.dim(`docs/doctor.md#${code}`)}`,
  ];
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** `1 error, 2 warnings and no notes`. */
function countsText(findings: readonly Finding[]): string {
  const parts = SEVERITIES.map((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return `${count === 0 ? 'no' : count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return parts.join(', ').replace(/, ([^,]*)$/, ' and $1');
}
