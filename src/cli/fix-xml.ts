/** Where `toXml` has no attribute. */
const ROOT = '<CORSConfiguration>';
/** A start tag: its name and its attributes. Comments and CDATA are found first, so that no tag is found in them. */
const TAG =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<([^\s/>!?]+)((?:"[^"]*"|'[^']*'|[^>"'])*?)\/?>/g;
const NAMESPACE = /^xmlns\s*=\s*(?:"[^"]*"|'[^']*')$/;

/** What an XML file has that is not written, as the predicate of a sentence; null if there is nothing. */
export function lostInXml(text: string): string | null {
  for (const [whole, name, given = ''] of text.matchAll(TAG)) {
    const attributes = given.trim();
    if (/^<\?(?!xml\s)/.test(whole)) return 'has a processing instruction';
    if (name?.includes(':')) return `has the prefix of a namespace in ${name}`;
    const isNamespace = name === 'CORSConfiguration' && NAMESPACE.test(attributes);
    if (attributes !== '' && !isNamespace) return `has an attribute in ${name}`;
  }
  return null;
}

/** `written`, in the namespace of the XML document `text`. JSON stays as it is. */
export function inNamespaceOf(text: string, written: string): string {
  const root = [...text.matchAll(TAG)].find(([, name]) => name === 'CORSConfiguration');
  const attribute = root?.[2]?.trim() ?? '';
  return NAMESPACE.test(attribute)
    ? written.replace(ROOT, () => `${ROOT.slice(0, -1)} ${attribute}>`)
    : written;
}
