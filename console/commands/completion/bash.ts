/** The completion script for bash. @module */
import type { CompletedCommand, Completion } from "./completions.ts";

/** A function that finds how far the line is, then what may follow. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of zaakstroom for bash: eval "$(zaakstroom completion bash)"
_zaakstroom() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at="" words="" paths="" i
  # bash makes three words of --name=value.
  if [[ $cur == "=" ]]; then cur=""
  elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
${steps(commands)}
    esac
  done
  case "$at $prev" in
${valueCases(commands)}
    *)
      case "$at" in
${argumentCases(commands)}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $paths == file ]]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
  if [[ $paths == directory ]]; then COMPREPLY+=($(compgen -d -- "$cur")); fi
}
complete -o filenames -F _zaakstroom zaakstroom`;
}

/** From what is typed already to the next place: `"cases show") at="cases show"`. */
function steps(commands: readonly CompletedCommand[]): string {
  return commands.filter(({ path }) => path !== "").map(({ path }) => {
    const typed = path.includes(" ") ? path : ` ${path}`;
    return `      "${typed}") at="${path}" ;;`;
  }).join("\n");
}

/** After an option that takes a value; those with the same values share a case. */
function valueCases(commands: readonly CompletedCommand[]): string {
  const typed = commands.flatMap(({ path, options }) =>
    options.filter(({ value }) => value !== undefined).map(({ name, value }) =>
      [found(value!), `"${path} ${name}"`] as const
    )
  );
  const groups = Map.groupBy(typed, ([result]) => result);
  return [...groups].map(([result, all]) =>
    `    ${all.map(([, pattern]) => pattern).join("|")})\n      ${result} ;;`
  )
    .join("\n");
}

function argumentCases(commands: readonly CompletedCommand[]): string {
  return commands.map(({ path, options, argument }) => {
    const names = options.map(({ name }) => ({ name, about: "" }));
    return `        "${path}") ${found({ ...argument, words: [...argument.words, ...names] })} ;;`;
  }).join("\n");
}

function found({ words, path }: Completion): string {
  return `words="${words.map(({ name }) => name).join(" ")}" paths="${path ?? ""}"`;
}
