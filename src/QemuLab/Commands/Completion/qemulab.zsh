#compdef qemulab
# zsh completion for qemulab.
# In this shell:  source <(qemulab completion zsh)
# From the next:  qemulab completion zsh > ~/.zfunc/_qemulab
#                 and in ~/.zshrc: fpath+=(~/.zfunc); autoload -U compinit; compinit

_qemulab() {
  local line order=''
  local -a offered open
  while IFS= read -r line; do
    case $line in
      :*) order=$line ;;
      *=|*=:*) open+=("$line") ;;
      *) offered+=("$line") ;;
    esac
  done < <(${~words[1]} complete-words zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
  (( ${#offered} )) && _describe -V 'qemulab' offered
  (( ${#open} )) && _describe -V 'qemulab' open -S ''
  case $order in
    :files) compset -P '*='; _files ;;
    :folders) compset -P '*='; _files -/ ;;
  esac
}

# Read from fpath it is run at the first Tab; sourced, it makes itself known.
if [[ ${funcstack[1]} == _qemulab ]]; then
  _qemulab "$@"
else
  compdef _qemulab qemulab
fi
