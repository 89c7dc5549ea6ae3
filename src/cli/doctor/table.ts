import { ALLOW_ORIGIN, VARY } from '../../cors/names.ts';
import { cachedOf } from '../../doctor/cached.ts';
import type { Finding } from '../../doctor/diagnose.ts';
import { sentLine, shownTarget } from '../../doctor/evidence.ts';
import { type Answered, type Exchange, headerOf } from '../../doctor/transcript.ts';
import type { Severity } from '../../document/codes.ts';
import type { BrowserVerdict } from '../../node/browsers/judge.ts';
import { listed, shown, wrapped } from '../explain/lines.ts';
import { type Paint, paintFor, visible } from '../formats/paint.ts';
import type { DoctorReport } from './report.ts';

const WIDTH = 80;
const COLOURS: Readonly<Record<Severity, keyof Paint>> = { error: 'red', warning: 'yellow', note: 'cyan' };

/** The report for a person: what the page gets, what is wrong, and every request. */
export function doctorTable(report: DoctorReport, colours: boolean, width = WIDTH): string {
  const paint = paintFor(colours);
  const { findings, transcript, browsers } = report;
  return [
    ...headLines(report, paint, width),
    '',
    ...verdictLines(report, paint, width),
    ...(browsers === null ? [] : ['', ...browsers.flatMap((one) => browserLines(one, paint, width))]),
    ...findings.flatMap((finding) => ['', ...findingLines(finding, paint, width)]),
    '',
    paint.bold('Requests'),
    ...transcript.flatMap((one) => requestLines(one, paint, width)),
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

function verdictLines({ verdict, message }: DoctorReport, paint: Paint, width: number): readonly string[] {
  const line =
    verdict.passes === null
      ? paint.yellow('Whether the page gets its answer is not known.')
      : verdict.passes
        ? paint.green('The page gets its answer.')
        : paint.red('The page does not get its answer.');
  const said =
    message === null
      ? []
      : wrapped(
          '  ',
          `The sentence${message.browser === null ? '' : ` of ${BROWSERS[message.browser]}`} says: ${message.failure.replaceAll('_', ' ')}${message.ofPreflight === true ? ', of the preflight' : ''}. ${message.because}`,
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
  const { code, severity, title, evidence, meaning, fault, cure, cures } = finding;
  const column = Math.max(0, ...cures.map(({ at }) => at.length)) + 2;
  return [
    ...wrapped(`${paint[COLOURS[severity]](severity)} `, `${paint.bold(code)}  ${title}`, width),
    ...evidence.flatMap(({ request, sent, lines }) => [
      ...wrapped(`    #${request} `, visible(sent), width),
      ...lines.map((line) => `        ${paint.dim(visible(line))}`),
    ]),
    ...wrapped('  Means: ', visible(meaning), width),
    ...wrapped('  Fault: ', `${visible(fault.name)}. ${visible(fault.because)}`, width),
    ...wrapped('  Cure:  ', cure, width),
    ...cures.flatMap(({ at, text }) => wrapped(`    ${`${at}:`.padEnd(column)}`, visible(text), width)),
    `  ${paint.dim(`docs/doctor.md#${code}`)}`,
  ];
}

/** One line a request, and which cache answered. */
function requestLines(one: Exchange, paint: Paint, width: number): readonly string[] {
  const number = `  #${one.number}`.padEnd(6);
  if (one.received === null)
    return [
      ...wrapped(number, visible(sentLine(one)), width),
      ...wrapped('      ', paint.red(visible(one.trouble?.because ?? '')), width),
    ];
  const answered = one as Answered;
  const parts = [
    String(one.received.status),
    `Allow-Origin ${headerOf(answered, ALLOW_ORIGIN) ?? '–'}`,
    `Vary ${headerOf(answered, VARY) ?? '–'}`,
    ...cacheText(answered),
    `${one.milliseconds} ms`,
  ];
  return [
    ...wrapped(number, visible(sentLine(one)), width),
    ...wrapped('      ', visible(parts.join(' · ')), width).map(paint.dim),
  ];
}

function cacheText(answered: Answered): readonly string[] {
  const { hit, lines } = cachedOf(answered);
  if (lines.length === 0) return [];
  const word = hit === null ? 'cache' : hit ? 'from a cache' : 'not from a cache';
  return [`${word} (${lines.map(([name, value]) => `${name}: ${shown(value)}`).join('; ')})`];
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
