/** Seconds under load; `SOAK_SECONDS` in the environment. */
export const SECONDS = Number(process.env.SOAK_SECONDS ?? 60);

/** How often something is repeated that is repeated `times` times in a soak of a minute. */
export const repeated = (times: number): number => Math.max(1, Math.round((times * SECONDS) / 60));
