import type { Command, Flag } from '../command.ts';
import { brief, filesFollow, flagsOf, quoted, valuesOf, wordsOf } from './offers.ts';

/** The script for zsh: a file of `$fpath`, or a text to source after `compinit`. */
export function zshScript(commands: readonly Command[]): string {
  return `#compdef bucket-cors
_bucket-cors() {
  if ((CURRENT == 2)); then
    local -a list=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${escaped(summary)}`)}`).join('\n')}
    )
    _describe command list
    _arguments '--help[Lists the commands]' '--version[Prints the version]'
    return
  fi
  shift words
  ((CURRENT -= 1))
  case $words[1] in
${commands.map(caseOf).join('\n')}
  esac
}

if [[ $funcstack[1] == _bucket-cors ]]; then
  _bucket-cors "$@"
else
  compdef _bucket-cors bucket-cors
fi`;
}

function caseOf(command: Command): string {
  const specs = [...flagsOf(command).map(flagSpec), ...wordSpec(command)];
  return `    ${command.name})\n      _arguments \\\n${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')}\n      ;;`;
}

/** `--format=[What it does]:FORMAT:(table json)`; a star before it if it may be repeated. */
function flagSpec(flag: Flag): string {
  const { name, value, many, isPath } = flag;
  const head = `${many ? '*' : ''}--${name}`;
  const about = `[${escaped(brief(flag))}]`;
  if (value === undefined) return head + about;
  const values = valuesOf(flag);
  const action = values.length > 0 ? `(${values.join(' ')})` : isPath ? '_files' : ' ';
  return `${head}=${about}:${escaped(value)}:${action}`;
}

function wordSpec(command: Command): string[] {
  const words = wordsOf(command);
  if (words === null) return [];
  if (filesFollow(command) && words !== 'files')
    return [`1:${escaped(command.words)}:(${words.join(' ')})`, '*:FILE:_files'];
  return [`*:${escaped(command.words)}:${words === 'files' ? '_files' : `(${words.join(' ')})`}`];
}

/** Text for a specification: colons and brackets end its parts. */
const escaped = (text: string): string => text.replace(/[\\:[\]]/g, '\\$&');
