import { split } from 'shlex';

/**
 * Divides a copied command into words as bash does, with `$'…'` and continued lines, or as Windows' cmd does if the command
 * has its carets. Null if the command ends inside quotes.
 */
export function wordsOf(command: string): readonly string[] | null {
  const unix = command.replace(/\r\n/g, '\n');
  try {
    return split(isForCmd(unix) ? withoutCarets(unix) : unix);
  } catch {
    return null;
  }
}

/** "Copy as cURL (cmd)" writes each word in `^"`, and continues lines with a caret. The one for bash begins with `'`. */
const isForCmd = (command: string): boolean => /^[^']*?\^?"/.test(command) && /\^"|\^\n/.test(command);

/**
 * Removes cmd's escapes: a caret protects the next character. Before a line break it continues the line, and protects the
 * first character there. Inside plain quotes a caret is a caret.
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
    at += command.charAt(at + 1) === '\n' ? 2 : 1;
    text += command.charAt(at);
  }
  return text;
}
