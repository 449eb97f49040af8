/** The completion script for fish. @module */
import type { CompletedCommand, CompletedOption, Completion } from "./completions.ts";

/** A line for each word and option, with the condition under which it is offered. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  return [
    "# Completion of zaakstroom for fish: save it as ~/.config/fish/completions/zaakstroom.fish",
    placeFunction(commands),
    "complete -c zaakstroom -f",
    ...commands.flatMap(commandLines),
  ].join("\n");
}

/** Tells by what is typed already in which place the line is: `__zaakstroom_at "cases show"`. */
function placeFunction(commands: readonly CompletedCommand[]): string {
  const paths = commands.map(({ path }) => quote(path)).join(" ");
  return `function __zaakstroom_at
  set -l at ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$at $word")
    if contains -- "$next" ${paths}
      set at $next
    end
  end
  test "$at" = "$argv[1]"
end`;
}

function commandLines({ path, options, argument }: CompletedCommand): string[] {
  const when = `complete -c zaakstroom -n ${quote(`__zaakstroom_at ${quote(path)}`)}`;
  const words = argument.words.map(({ name, about }) => `${when} -a ${quote(name)}${describe(about)}`);
  const files = argument.path === undefined ? [] : [`${when} -F`];
  return [...words, ...files, ...options.map((option) => `${when} ${optionFlags(option)}`)];
}

function optionFlags({ name, about, value }: CompletedOption): string {
  const long = `-l ${name.replace(/^--/, "")}${describe(about)}`;
  return value === undefined ? long : `${long} -r ${valueFlags(value)}`;
}

function valueFlags({ words, path }: Completion): string {
  if (path === "directory") return "-a '(__fish_complete_directories)'";
  if (path === "file") return "-F";
  return words.length === 0 ? "-f" : `-f -a ${quote(words.map(({ name }) => name).join(" "))}`;
}

function describe(about: string): string {
  return about === "" ? "" : ` -d ${quote(about)}`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
