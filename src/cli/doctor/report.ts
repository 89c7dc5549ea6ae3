import type { Finding } from '../../doctor/diagnose.ts';
import type { Recognised } from '../../doctor/layers/layers.ts';
import type { Question } from '../../doctor/question.ts';
import type { Transcript } from '../../doctor/transcript.ts';
import type { Verdict } from '../../doctor/verdict.ts';
import type { BrowserVerdict } from '../../node/browsers/judge.ts';
import type { BrowserMessage } from '../../requests/message.ts';

/** What an examination has found, before it is printed. */
export interface DoctorReport {
  readonly question: Question;
  /** The sentence of the browser, and whether a finding explains it; null without `--message`. */
  readonly message: (BrowserMessage & { readonly because: string }) | null;
  /** The name of the rules; null without any. */
  readonly rules: string | null;
  readonly transcript: Transcript;
  readonly layers: readonly Recognised[];
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** What installed browsers say; null without `--browser`. */
  readonly browsers: readonly BrowserVerdict[] | null;
}
