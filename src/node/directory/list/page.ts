/** One answer of a listing. */
export interface Page {
  readonly keys: readonly string[];
  /** What keys with the delimiter after the prefix have in common, once each. */
  readonly groups: readonly string[];
  /** The last key or group, where the next page begins; null: there is nothing after this page. */
  readonly next: string | null;
}

export interface PageQuery {
  readonly prefix: string;
  /** Empty: no key is grouped. */
  readonly delimiter: string;
  readonly after: string;
  /** The most keys and groups. */
  readonly max: number;
}

const EMPTY: Page = { keys: [], groups: [], next: null };

/** The group of a key; null: it stands for itself. */
function groupOf(key: string, { prefix, delimiter }: PageQuery): string | null {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? null : key.slice(0, at + delimiter.length);
}

/** Makes a page of keys that come in order, all of them with the prefix and after the query's `after`. */
export async function pageOf(ordered: AsyncIterable<string>, query: PageQuery): Promise<Page> {
  if (query.max === 0) return EMPTY;
  const keys: string[] = [];
  const groups: string[] = [];
  let last = '';
  for await (const key of ordered) {
    const group = groupOf(key, query);
    // A page that ended with a group is continued after all of its keys.
    if (group !== null && (group === last || group === query.after)) continue;
    if (keys.length + groups.length === query.max) return { keys, groups, next: last };
    last = group ?? key;
    if (group === null) keys.push(key);
    else groups.push(group);
  }
  return { keys, groups, next: null };
}
