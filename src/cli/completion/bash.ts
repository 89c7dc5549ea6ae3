import type { Command, Flag } from '../command.ts';
import { filesFollow, flagsOf, quoted, valuesOf, wordsOf } from './offers.ts';

/** The script for bash 3.2 and later. */
export function bashScript(commands: readonly Command[]): string {
  const names = [...commands.map(({ name }) => name), '--help', '--version'];
  return `# bash completion for bucket-cors
_bucket_cors_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$1"))
  compopt -o filenames 2>/dev/null
}

_bucket_cors() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} list=
  COMPREPLY=()
  # The equals sign of --flag=value is a word of its own.
  if [[ $current == = ]]; then current=
  elif [[ $flag == = ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD == 1)); then
    list=${quoted(names.join(' '))}
  else
    case "\${COMP_WORDS[1]} $flag" in
${commands.flatMap(valueCases).join('\n')}
    *)
      case "\${COMP_WORDS[1]} $current" in
${commands.flatMap(wordCases).join('\n')}
      esac
      ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$list" -- "$current"))
}

complete -F _bucket_cors bucket-cors`;
}

/** The cases of flags before the current word. */
function valueCases(command: Command): string[] {
  const patterns = (flags: readonly Flag[]) =>
    flags
      .flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])
      .map((flag) => quoted(`${command.name} ${flag}`))
      .join(' | ');
  const valued = flagsOf(command).filter(({ value }) => value !== undefined);
  const listed = valued.filter((flag) => valuesOf(flag).length > 0);
  const paths = valued.filter((flag) => !listed.includes(flag) && flag.isPath);
  const others = valued.filter((flag) => !listed.includes(flag) && !flag.isPath);
  return [
    ...listed.map((flag) => `    ${patterns([flag])}) list=${quoted(valuesOf(flag).join(' '))} ;;`),
    ...(paths.length === 0 ? [] : [`    ${patterns(paths)}) _bucket_cors_files "$current"; return ;;`]),
    ...(others.length === 0 ? [] : [`    ${patterns(others)}) return ;;`]),
  ];
}

/** The cases of a flag that begins, and of a word. */
function wordCases(command: Command): string[] {
  const flags = flagsOf(command).map(({ name }) => `--${name}`);
  const words = wordsOf(command);
  const files = '_bucket_cors_files "$current"; return';
  const list = words === 'files' ? '' : `list=${quoted((words ?? flags).join(' '))}`;
  const later = filesFollow(command) ? `if ((COMP_CWORD > 2)); then ${files}; fi; ` : '';
  const own = words === 'files' ? files : later + list;
  return [
    `      ${quoted(`${command.name} -`)}*) list=${quoted(flags.join(' '))} ;;`,
    `      ${quoted(`${command.name} `)}*) ${own} ;;`,
  ];
}
