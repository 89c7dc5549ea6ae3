import { randomBytes } from 'node:crypto';
import { caseOf } from '../../doctor/case.ts';
import { diagnose, type Finding } from '../../doctor/diagnose.ts';
import type { Fresh } from '../../doctor/question.ts';
import { beginningWith } from '../../doctor/said.ts';
import { verdictOf } from '../../doctor/verdict.ts';
import { askBrowsers } from '../../node/browsers/judge.ts';
import { type Arguments, type Ending, EXIT, type Terminal } from '../command.ts';
import { EXPLAIN_SOURCE_FLAGS, openSource, type Source } from '../explain/open.ts';
import type { Given } from '../sources/open-all.ts';
import { examine } from './examine.ts';
import { doctorJson } from './json.ts';
import { readLine } from './line.ts';
import type { DoctorReport } from './report.ts';
import { doctorTable } from './table.ts';

/** Milliseconds for each browser. */
const BROWSER_LIMIT = 30_000;

/** Examines the URL of a command line. */
export async function runDoctor(args: Arguments, terminal: Terminal): Promise<Ending> {
  const line = readLine(args);
  if (!line.ok) return line.faults;
  const source = await rulesOf(args, terminal);
  if (!source.ok) return source.ends;
  const { question, message, assumed, limit } = line.value;
  if (assumed !== null) terminal.say(`bucket-cors: ${assumed}`);
  const fresh = freshWords();
  // A person at a terminal sees how far it is; a log does not need it.
  const say = process.stderr.isTTY ? terminal.say : () => {};
  const transcript = await examine(question, fresh, limit, (number, most, about) =>
    say(`bucket-cors: request ${number} of ${most}: ${about} …`),
  );
  const rules = source.value?.rules ?? null;
  const one = caseOf(question, transcript, rules);
  const found = diagnose(question, transcript, rules);
  const explained = message === null ? null : beginningWith(message, found);
  if (args.on('browser')) say('bucket-cors: asking Chromium and Firefox …');
  const report: DoctorReport = {
    question,
    message: message === null || explained === null ? null : { ...message, because: explained.because },
    rules: source.value?.name ?? null,
    transcript,
    layers: one.layers,
    verdict: verdictOf(one),
    findings: (explained?.findings ?? found).map((finding) => withSource(finding, args)),
    browsers: args.on('browser') ? await askBrowsers(question, { timeout: BROWSER_LIMIT }) : null,
  };
  const { colours, width } = terminal;
  await terminal.print(
    args.value('format') === 'json' ? doctorJson(report) : doctorTable(report, colours, width),
  );
  return exitOf(report);
}

/** Notes change nothing for the page. Without any answer there was nothing to examine, unless the certificate is the cause. */
function exitOf({ transcript, findings }: DoctorReport): number {
  const isUnanswered = transcript.every(({ received }) => received === null);
  const isUnreachable = isUnanswered && !transcript.some(({ trouble }) => trouble?.kind === 'certificate');
  if (isUnreachable) return EXIT.failed;
  return findings.some(({ severity }) => severity !== 'note') ? EXIT.findings : EXIT.nothing;
}

/** Words that no cache and no bucket has. */
function freshWords(): Fresh {
  const word = randomBytes(6).toString('hex');
  return { first: `${word}1`, second: `${word}2` };
}

/** Flags that say where rules are; the other flags of sources say how they are read. */
const SOURCES: readonly string[] = ['rules', 'bucket', 'admin'];

/** A value that every shell reads as it is. */
const PLAIN = /^[\w./:][\w./:-]*$/;

/** A finding whose command names the rules as the command line does; without them, and with odd ones, it says `SOURCE`. */
function withSource(finding: Finding, args: Arguments): Finding {
  const given = SOURCES.map((flag) => ({ flag, value: args.value(flag) })).filter(
    ({ value }) => value !== null,
  );
  if (given.length === 0 || !given.every(({ value }) => PLAIN.test(value ?? ''))) return finding;
  const source = given.map(({ flag, value }) => (flag === 'rules' ? value : `--${flag} ${value}`)).join(' ');
  return { ...finding, command: finding.command?.replace('SOURCE', () => source) ?? null };
}

/** The rules that the command line names; null if it names none. */
async function rulesOf(args: Arguments, terminal: Terminal): Promise<Given<Source | null>> {
  const rules = args.value('rules');
  if (SOURCES.some((flag) => args.value(flag) !== null))
    return openSource({ ...args, words: rules === null ? [] : [rules] }, terminal);
  const useless = EXPLAIN_SOURCE_FLAGS.filter(({ name }) => args.value(name) !== null).map(({ name }) => ({
    place: `--${name}`,
    reason: 'has a meaning only for rules to compare with',
    write: '--rules or --bucket too, or the command without it',
  }));
  return useless.length > 0 ? { ok: false, ends: useless } : { ok: true, value: null };
}
