import { split } from 'shlex';

/**
 * Divides a copied command into words as bash does, with `$'…'` and continued lines, or as Windows' cmd does if the command
 * has its carets. Null if the command ends inside quotes.
 */
export function wordsOf(command: string): readonly string[] | null {
  const text = isForCmd(command) ? withoutCarets(command) : command;
  try {
    return split(text.replace(/\\\r\n/g, ' '));
  } catch {
    return null;
  }
}

/** "Copy as cURL (cmd)" writes each word in `^"`, and continues lines with a caret. */
const isForCmd = (command: string): boolean => /\^"|\^\r?\n/.test(command);

/**
 * Removes cmd's escapes: a caret stands before the character that it protects, a caret before a line break continues the
 * line, and `%^` protects a percent sign. Inside plain quotes a caret is a caret.
 */
function withoutCarets(command: string): string {
  let text = '';
  let quoted = false;
  for (let at = 0; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (character === '"') quoted = !quoted;
    if (character !== '^' || quoted) {
      text += character;
      continue;
    }
    at += command.startsWith('\r\n', at + 1) ? 2 : 1;
    const next = command.charAt(at);
    text += next === '\n' ? ' ' : next;
  }
  return text;
}
