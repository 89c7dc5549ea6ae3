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
  const specs = [...flagsOf(command).flatMap(flagSpecs), ...wordSpec(command)];
  return `    ${command.name})\n      _arguments \\\n${specs.map((spec) => `        ${quoted(spec)}`).join(' \\\n')}\n      ;;`;
}

/** `--format=[What it does]:FORMAT:(table json)`; a star before it if it may be repeated. The same for its letter. */
function flagSpecs(flag: Flag): readonly string[] {
  const { name, short, value, many, isPath } = flag;
  const [star, about] = [many ? '*' : '', `[${escaped(brief(flag))}]`];
  const values = valuesOf(flag);
  const action = values.length > 0 ? `(${values.join(' ')})` : isPath ? '_files' : ' ';
  const rest = value === undefined ? about : `${about}:${escaped(value)}:${action}`;
  const [long, letter] = value === undefined ? ['', ''] : ['=', '+'];
  return [
    `${star}--${name}${long}${rest}`,
    ...(short === undefined ? [] : [`${star}-${short}${letter}${rest}`]),
  ];
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
