# Prints what zsh offers for a line: zsh -f _complete.zsh SCRIPT LINE
# A second zsh on a pseudo-terminal completes the line. Its `compadd` prints the matches instead of showing them.
zmodload zsh/zpty
zpty shell zsh -f -i
line() { zpty -w shell "$1" }
line "PROMPT= RPROMPT= ; stty -echo; unsetopt zle_bracketed_paste 2>/dev/null"
line "autoload -U compinit; compinit -u -D; source ${(q)1}"
line "bindkey '^I' complete-word; zstyle ':completion:*' list-separator ''; setopt no_list_beep"
line 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  typeset -a found
  builtin compadd -A found "$@"
  local one; for one in $found; do print -r -- "<offer>$one</offer>"; done
}'
line 'done-line() { print "<end>" }; comppostfuncs=(done-line)'
line 'print "<be""gin>"'
zpty -r shell output '*<begin>*'
zpty -w -n shell "$2"$'\t'
zpty -r shell output '*<end>*'
print -r -- "$output"
zpty -d shell
