import { loadedFrom, type Source } from '../source.ts';

/** Rules given as text, XML or JSON, in an option or a variable; read strictly. */
export const inlineSource = (text: string): Source => ({
  kind: 'inline',
  name: 'inline',
  load: async () => loadedFrom(text, 'strict', 'Correct the document and start again.'),
});
