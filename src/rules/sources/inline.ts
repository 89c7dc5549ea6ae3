import { loadedFrom, type Source } from '../source.ts';
import type { KindRow } from './kind.ts';

export const inlineKind: KindRow<{ readonly kind: 'inline'; readonly text: string }> = {
  parse: (text) => (/^\s*[<{[]/.test(text) ? { value: { kind: 'inline', text } } : null),
  open: ({ text }) => inlineSource(text),
  local: true,
  checkedAtStart: true,
};

/** Rules given as text, XML or JSON, in an option or a variable; read strictly. */
export const inlineSource = (text: string): Source => ({
  kind: 'inline',
  name: 'inline',
  load: async () => loadedFrom(text, 'strict', 'Correct the document and start again.'),
});
