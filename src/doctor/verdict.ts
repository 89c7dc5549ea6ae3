import { judge } from '../analysis/browser/judge.ts';
import { beginningOf } from '../analysis/browser/words.ts';
import { type Case, judgePreflight, mainOf, readsHere } from './case.ts';
import { isPreflighted } from './question.ts';
import { isRedirect } from './transcript.ts';

/** What a browser does with the answers. */
export interface Verdict {
  /** Null: no answer shows it. */
  readonly passes: boolean | null;
  /** What the browser does and why, in sentences. */
  readonly because: string;
}

/** Judges the page's request by the answers to it. A request that changes something is not sent, and not judged. */
export function verdictOf(one: Case): Verdict {
  const { question } = one;
  const preflight = one.at('preflight');
  if (isPreflighted(question) && preflight === null)
    return {
      passes: null,
      because: 'The preflight has no answer, so that nothing shows what a browser does.',
    };
  const main = mainOf(one);
  const isRead = readsHere(one);
  if (isRead && main === null)
    return { passes: null, because: 'The request has no answer, so that nothing shows what a browser does.' };
  if (!isRead) {
    const judged = judgePreflight(one);
    const unsent = `doctor sends no ${question.method}: its answer needs an Access-Control-Allow-Origin too.`;
    if (judged === null) return { passes: null, because: `${beginningOf(question, false)} ${unsent}` };
    if (judged.passes)
      return { passes: null, because: `${beginningOf(question, true)} The preflight passes. ${unsent}` };
    return { passes: false, because: judged.because };
  }
  const judged = judge(question, {
    preflight: preflight?.received ?? { status: 200, headers: [] },
    actual: main?.received ?? { headers: [] },
  });
  if (judged.passes && main !== null && isRedirect(main))
    return {
      passes: null,
      because: 'The browser follows a redirect, and doctor does not: examine the URL to which it leads.',
    };
  return { passes: judged.passes, because: judged.because };
}
