import { type Explained, explainRequest } from '../../admin/explain.ts';
import { type Judgement, judge } from '../../analysis/browser/judge.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import type { Asked } from './ask.ts';
import { shown } from './lines.ts';

/** A request with its explanation. */
export interface Answered {
  readonly asked: Asked;
  readonly explained: Exclude<Explained, { faults: unknown }>;
  /** What a browser does with the recorded answers; null without a recording of one. */
  readonly recorded: Judgement | null;
}

/** Explains every request. The faults name the flags, not the parameters of `/explain`. */
export function answerAll(rules: CompiledRules, asked: readonly Asked[]): Result<readonly Answered[]> {
  const faults: Fault[] = [];
  const answered = asked.flatMap((one): Answered[] => {
    const { origin, method, headers, path, credentials } = one;
    const question = { origin, method, path, credentials: String(credentials) };
    const explained = explainRequest(
      { rules, version: null },
      headers.length > 0 ? { ...question, headers: headers.join(',') } : question,
    );
    if (!('faults' in explained)) return [{ asked: one, explained, recorded: judgeRecorded(one, explained) }];
    faults.push(...explained.faults.map(asFlag));
    return [];
  });
  return resultOf(answered, faults);
}

const asFlag = (fault: Fault): Fault => ({
  ...fault,
  place: `--${fault.place}`,
  ...(fault.value !== undefined && { value: shown(fault.value) }),
});

/** An answer that is not recorded is taken to be the one of the rules. */
function judgeRecorded(asked: Asked, { preflight, actual }: Answered['explained']): Judgement | null {
  if (asked.recorded === null) return null;
  return judge(asked, {
    preflight: asked.recorded.preflight ?? { status: preflight.status ?? 200, headers: preflight.headers },
    actual: asked.recorded.answer ?? actual,
  });
}
