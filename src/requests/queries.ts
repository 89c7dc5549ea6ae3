/**
 * Replaces the query and fragment of each URL in a text of one or more sentences: they may have a signature. The mark that
 * ends the sentence stays.
 */
export const withoutQueries = (text: string): string =>
  text.replace(
    /(\bhttps?:\/\/[^\s'"`‘’“”«»()?#]{1,4000})[?#][^\s'"`‘’“”«»()]*/g,
    (found, url: string) => `${url}?…${/[.,;:]$/.exec(found)?.[0] ?? ''}`,
  );
