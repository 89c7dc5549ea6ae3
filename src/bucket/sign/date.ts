const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const HTTP = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** `20231216T162057Z`, as V4 signatures write time; `time` in milliseconds since 1970. */
export const basicDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');

/** `Sat, 16 Dec 2023 16:20:57 GMT`; `time` in milliseconds since 1970. */
export const httpDate = (time: number): string => new Date(time).toUTCString();

/** Reads either form, to milliseconds since 1970; null when it is neither. */
export const parseDate = (text: string): number | null => {
  const basic = text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z');
  if (basic === text && !HTTP.test(text)) return null;
  const time = Date.parse(basic);
  return Number.isNaN(time) ? null : time;
};
