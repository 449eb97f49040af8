/** The completion script for zsh. @module */
import type { CompletedCommand, CompletedOption, Completion } from "./completions.ts";

/** A function a command, which `_arguments` finds its way among. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const functions = commands.map((each) => commandFunction(each, commands));
  return `#compdef zaakstroom
# Completion of zaakstroom for zsh: save it as _zaakstroom in a directory of $fpath
${functions.join("\n")}
if [[ $funcstack[1] == _zaakstroom ]]; then _zaakstroom "$@"; else compdef _zaakstroom zaakstroom; fi`;
}

function nameOf(path: string): string {
  return ["_zaakstroom", ...path.split(/[ -]/)].filter((part) => part !== "").join("_");
}

function commandFunction(
  { path, options, argument }: CompletedCommand,
  commands: readonly CompletedCommand[],
) {
  const inner = new Set(commands.map((each) => each.path));
  const next = argument.words.map(({ name }) => path === "" ? name : `${path} ${name}`).filter((each) =>
    inner.has(each)
  );
  const specs = options.map(optionSpec);
  if (next.length === 0 || path === "help") return leafFunction(path, specs, argument);
  const words = argument.words.map(({ name, about }) => quote(`${name}:${about}`));
  return `${nameOf(path)}() {
  local state
  local -a words_here=(${words.join(" ")})
  _arguments -C ${[...specs, "'1: :->word'", "'*:: :->rest'"].join(" ")}
  case $state in
    word) _describe command words_here ;;
    rest)
      case $words[1] in
${next.map((each) => `        ${each.split(" ").at(-1)}) ${nameOf(each)} ;;`).join("\n")}
      esac ;;
  esac
}`;
}

function leafFunction(path: string, specs: readonly string[], argument: Completion): string {
  return `${nameOf(path)}() {
  _arguments ${[...specs, quote(`*: :${action(argument)}`)].join(" ")}
}`;
}

/** `--backend[postgres or nats]:value:(postgres nats)`. */
function optionSpec({ name, about, value }: CompletedOption): string {
  const text = about === "" ? "" : `[${about.replace(/[[\]:\\]/g, "\\$&")}]`;
  return quote(value === undefined ? `${name}${text}` : `${name}=${text}: :${action(value)}`);
}

function action({ words, path }: Completion): string {
  if (words.length > 0) return `(${words.map(({ name }) => name).join(" ")})`;
  return path === undefined ? " " : path === "file" ? "_files" : "_files -/";
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
