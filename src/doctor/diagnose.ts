import type { CompiledRules } from '../cors/compile.ts';
import type { Severity } from '../document/codes.ts';
import { type Case, caseOf } from './case.ts';
import type { Evidence, Fault, Kind } from './finding.ts';
import { FINDING_CODES, type FindingCode, KINDS } from './kinds.ts';
import type { Layer } from './layers/layer.ts';
import { OSS, S3 } from './layers/stores.ts';
import type { Question } from './question.ts';
import type { Transcript } from './transcript.ts';

/** What corrects a finding, at one place. */
export interface Cure {
  /** `OSS`, `S3`, a CDN or a proxy. */
  readonly at: string;
  readonly text: string;
}

/** One thing that is wrong with a URL. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly title: string;
  /** What it means for the page, in sentences. */
  readonly meaning: string;
  readonly evidence: readonly Evidence[];
  readonly fault: Fault;
  /** What corrects it, wherever the URL is served, in sentences. */
  readonly cure: string;
  /** The exact setting or command of the stores and of what was recognised. */
  readonly cures: readonly Cure[];
  /** What asks further; null if nothing does. `SOURCE` stands for where the rules are. */
  readonly command: string | null;
}

const RANKS: readonly Severity[] = ['error', 'warning', 'note'];

/**
 * Says what is wrong with a URL, the worst first. What a browser does with an answer is judged by `judge` alone, and what the
 * rules ask by `decide`.
 */
export function diagnose(
  question: Question,
  transcript: Transcript,
  rules: CompiledRules | null,
): readonly Finding[] {
  const one = caseOf(question, transcript, rules);
  const found = FINDING_CODES.flatMap((code) => findingOf(one, code) ?? []);
  return RANKS.flatMap((severity) => found.filter((finding) => finding.severity === severity));
}

function findingOf(one: Case, code: FindingCode): Finding | null {
  const kind: Kind = KINDS[code];
  const found = kind.find(one);
  if (found === null) return null;
  const { severity, title, meaning, cure, topic, method = one.question.method } = kind;
  return {
    code,
    severity,
    title,
    meaning: found.detail === undefined ? meaning : `${found.detail} ${meaning}`,
    evidence: found.evidence,
    fault: found.fault,
    cure,
    cures: topic === null ? [] : curesOf(one, topic, method),
    command: found.fault.of === 'rules' ? explainCommand(askedOf(one.question, method)) : null,
  };
}

/** The cures of what was recognised: its store, or both if there is no sign of one; each CDN and proxy. */
function curesOf({ layers, question }: Case, topic: keyof Layer['cures'], method: string): readonly Cure[] {
  const recognised = layers.map(({ layer }) => layer);
  const stores = recognised.filter(({ kind }) => kind === 'store');
  const others = recognised.filter(({ kind }) => kind !== 'store');
  return [...(stores.length > 0 ? stores : [OSS, S3]), ...others].flatMap(({ name, cures }) => {
    const text = cures[topic];
    return text === undefined ? [] : [{ at: name, text: filled(text, { ...question, method }) }];
  });
}

/** The request that a finding is about: with another method than the page's, without its headers. */
const askedOf = (question: Question, method: string): Question =>
  method === question.method ? question : { ...question, method, headers: [] };

/** Explains the same request by the rules: which rule almost allows it. */
function explainCommand({ origin, method, headers, credentials }: Question): string {
  return [
    `bucket-cors explain SOURCE --origin ${origin}`,
    ...(method === 'GET' ? [] : [`--method ${method}`]),
    ...(headers.length > 0 ? [`--headers ${headers.join(',')}`] : []),
    ...(credentials ? ['--credentials'] : []),
  ].join(' ');
}

/** A cure whose commands have the values of the question in place of the words that stand for them. */
function filled(text: string, { url, origin, method, headers }: Question): string {
  const { origin: host, pathname } = new URL(url);
  const values: Readonly<Record<string, string>> = {
    ORIGIN: origin,
    METHOD: method,
    NAMES: headers.join(',') || 'content-type',
    URL: `${host}${pathname}`,
    PATH: pathname.slice(1),
  };
  return text.replace(/`[^`]+`/g, (command) =>
    command.replace(/\b(?:ORIGIN|METHOD|NAMES|URL|PATH)\b/g, (word) => values[word] ?? word),
  );
}
