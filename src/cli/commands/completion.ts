import type { Terminal } from '../terminal/terminal.ts';
import { reportMisuse } from './report.ts';

/** Shells for which there is a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

// Each script passes the words to `mcp-gateway complete`, so that only the table of commands knows the candidates.
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# mcp-gateway completion bash >> ~/.bashrc, or into ~/.local/share/bash-completion/completions/mcp-gateway
_mcp_gateway() {
  local line="\${COMP_LINE:0:COMP_POINT}" words cur='' kept=''
  read -ra words <<< "$line"
  if [[ $line == *[[:space:]] ]]; then words+=(''); fi
  cur="\${words[\${#words[@]}-1]}"
  local IFS=$'\\n'
  COMPREPLY=($(mcp-gateway complete -- "\${words[@]:1}" 2>/dev/null | cut -f1))
  # What readline takes for words of their own stays where it is.
  if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then kept="\${cur%"\${cur##*:}"}"; fi
  if [[ $COMP_WORDBREAKS == *=* && $cur == *=* ]]; then kept="\${cur%"\${cur##*=}"}"; fi
  COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
  local at
  for at in "\${!COMPREPLY[@]}"; do COMPREPLY[at]="$(printf %q "\${COMPREPLY[at]}")"; done
  if [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *[:=] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _mcp_gateway mcp-gateway
`,
  zsh: `#compdef mcp-gateway
# mcp-gateway completion zsh > a file _mcp-gateway in a folder of $fpath, or: source <(mcp-gateway completion zsh)
_mcp_gateway() {
  local -a values shown goingon goingonshown
  local line value about
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    about="$value"
    [[ $line == *$'\\t'* ]] && about="$value  -- \${line#*$'\\t'}"
    if [[ $value == *[:=] ]]; then goingon+=("$value"); goingonshown+=("$about")
    else values+=("$value"); shown+=("$about"); fi
  done < <(mcp-gateway complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values + $#goingon == 0 )); then _files; return; fi
  (( $#goingon )) && compadd -l -S '' -d goingonshown -a goingon
  (( $#values )) && compadd -l -d shown -a values
  return 0
}
if [[ $funcstack[1] == _mcp_gateway || $funcstack[1] == _mcp-gateway ]]; then _mcp_gateway "$@"; else compdef _mcp_gateway mcp-gateway; fi
`,
  fish: `# mcp-gateway completion fish > ~/.config/fish/completions/mcp-gateway.fish
function __mcp_gateway_complete
  set -l words (commandline -opc)
  set -l found (mcp-gateway complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c mcp-gateway -f -a '(__mcp_gateway_complete)'
`,
};

/**
 * Implements `mcp-gateway completion <bash|zsh|fish>`: prints the script for that shell. Resolves with 0, or 2 if
 * misused.
 */
export async function completion(words: readonly string[], terminal: Terminal): Promise<number> {
  const shell = SHELLS.find((each) => each === words[0]);
  if (!shell || words.length > 1) {
    const found = words.length === 0 ? 'names no shell' : `found ${JSON.stringify(words.join(' '))}`;
    return reportMisuse(terminal, 'completion', `${found}, expected ${SHELLS.join(', ')}`);
  }
  (terminal.writeExactly ?? terminal.write)(SCRIPTS[shell]);
  return 0;
}
