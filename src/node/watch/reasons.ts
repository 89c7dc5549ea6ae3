import { hasExport, isContested, type State } from './state.ts';

export interface Reasons {
  /** Why nothing can obey the file yet, one line each. */
  readonly missing: readonly string[];
  /** Why what obeys the file may have earlier rules, one line each. */
  readonly degraded: readonly string[];
}

/**
 * Why a watched export is not ready. Without a file it never was. A command that fails does not make it so: the program
 * that the command is for may wait for this answer before it starts.
 */
export function reasonsOf(state: State, file: string): Reasons {
  const { wanted, writeFailure, runFailure, contest, unsettled } = state;
  const degraded = [
    ...(wanted?.kind === 'refused' ? wanted.why.map((why) => `export_refused: ${why}`) : []),
    ...(wanted?.kind === 'unavailable' ? [`rules_unavailable: ${wanted.why}`] : []),
    ...(writeFailure === null ? [] : [`write_failed: ${writeFailure.why}`]),
    ...(runFailure === null ? [] : [`exec_failed: ${runFailure.why}`]),
    ...(isContested(state)
      ? [`changed_elsewhere: another program has changed ${file} ${contest?.count} times: end one of the two`]
      : []),
    ...(unsettled === null ? [] : [`mark_not_removed: ${file}.pending: ${unsettled.why}`]),
  ];
  return { missing: hasExport(state) ? [] : [`${file} has no export yet`], degraded };
}
