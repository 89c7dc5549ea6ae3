const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const HTTP = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** Returns `20231216T162057Z`, the form of V4 signatures; `time` in milliseconds since 1970. */
export const basicDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');

/** Returns `Sat, 16 Dec 2023 16:20:57 GMT`; `time` in milliseconds since 1970. */
export const httpDate = (time: number): string => new Date(time).toUTCString();

/** Parses either form. Returns milliseconds since 1970; null for any other text. */
export const parseDate = (text: string): number | null => {
  const basic = text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z');
  if (basic === text && !HTTP.test(text)) return null;
  const time = Date.parse(basic);
  return Number.isNaN(time) ? null : time;
};
