const LINES = Symbol('start fault');

/** The error that `start` rejects with: one line for each fault. */
export interface StartFault extends Error {
  readonly [LINES]: readonly string[];
}

export const startFault = (lines: readonly string[]): StartFault =>
  Object.assign(new Error(lines.join('\n')), { [LINES]: lines });

/** The lines of a start fault; null for any other error. */
export const startFaultLines = (error: unknown): readonly string[] | null =>
  error instanceof Error && LINES in error ? (error as StartFault)[LINES] : null;
