/** Whether a value with `*` for any characters and `?` for one is the whole of a text. */
export function isGlob(pattern: string, text: string, ignoresCase = false): boolean {
  const escaped = pattern.replace(/[^A-Za-z0-9*?]/g, '\\$&');
  const source = escaped.replaceAll('*', '[^]*').replaceAll('?', '[^]');
  return new RegExp(`^${source}$`, ignoresCase ? 'i' : '').test(text);
}
