/** What decides whether a bucket's last good rules are in force, in the cache and in its replicas. In milliseconds. */
export interface Standing {
  readonly hasRules: boolean;
  /** Since a load last found the rules. */
  readonly age: number;
  /** The last load failed. */
  readonly failed: boolean;
  /** Since the next load is due; negative before. */
  readonly overdue: number;
}

/** No request has come for so long after a load was due: the failure of the last load says little about the next one. */
const IDLE = 60_000;

/** Whether rules of an age are given up; never with a `maxStale` of 0. */
export const isPast = (age: number, maxStale: number): boolean => maxStale > 0 && age > maxStale;

/** Whether rules are given up. */
export const isGivenUp = ({ hasRules, age }: Standing, maxStale: number): boolean =>
  hasRules && isPast(age, maxStale);

/** Whether requests wait for a load: no rules are in force, and no load has failed, or not lately. */
export const mustWait = (standing: Standing, maxStale: number): boolean =>
  (!standing.hasRules || isGivenUp(standing, maxStale)) && (!standing.failed || standing.overdue > IDLE);
