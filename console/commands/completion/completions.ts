/** What can be completed after each command, drawn from the declarations: the shells only differ in how it is written. @module */
import type { Command } from "../../cli/command.ts";
import { helpTopics } from "../../cli/help.ts";
import { choicesOf, commonOptions, type Option, type Options } from "../../cli/options.ts";

/** What may be typed in a place: some words, a path, or anything. */
export interface Completion {
  readonly words: readonly Word[];
  readonly path?: "file" | "directory" | undefined;
}

/** A word, and what it means where that is known. */
interface Word {
  readonly name: string;
  readonly about: string;
}

/** An option; a switch has no completion of a value. */
export interface CompletedOption extends Word {
  readonly value: Completion | undefined;
}

/** A place in a command line: after `cases`, after `cases show`. The first has the empty path. */
export interface CompletedCommand {
  readonly path: string;
  readonly options: readonly CompletedOption[];
  readonly argument: Completion;
}

/** Every command with what can follow it. */
export function completionsOf(commands: readonly Command[]): readonly CompletedCommand[] {
  const words = commands.map(wordOf);
  const topics = [...words, ...helpTopics];
  const help = { name: "help", about: "Explains a command or a topic" };
  const flags = ["--help", "--version"].map((name) => ({ name, about: "", value: undefined }));
  return [
    { path: "", options: flags, argument: { words: [...words, help] } },
    { path: "help", options: [], argument: { words: topics } },
    ...commands.flatMap((each) => completeCommand(each, "", words)),
  ];
}

function wordOf({ name, summary }: Command): Word {
  return { name, about: summary };
}

function completeCommand(definition: Command, above: string, commands: readonly Word[]): CompletedCommand[] {
  const path = `${above}${definition.name}`;
  const { subcommands } = definition;
  if (subcommands === undefined) {
    return [{ path, options: optionsOf(definition.options), argument: argumentOf(definition, commands) }];
  }
  const help = { name: "--help", about: "", value: undefined };
  return [
    { path, options: [help], argument: { words: subcommands.map(wordOf) } },
    ...subcommands.flatMap((each) => completeCommand(each, `${path} `, commands)),
  ];
}

function optionsOf(options: Options): CompletedOption[] {
  const all = Object.entries({ ...options, ...commonOptions }).map(([name, option]) => ({
    name: `--${name}`,
    about: option.help,
    value: option.value === undefined ? undefined : valueOf(option),
  }));
  return [...all, { name: "--help", about: "", value: undefined }];
}

function valueOf(option: Option): Completion {
  return { words: choicesOf(option).map((name) => ({ name, about: "" })), path: pathOf(option.value!) };
}

function pathOf(word: string): Completion["path"] {
  return word.startsWith("FILE") ? "file" : word === "DIR" ? "directory" : undefined;
}

/** By the declaration: `bash|zsh|fish` are words, FILE is a path, COMMAND a command. */
function argumentOf({ arguments: declared = "" }: Command, commands: readonly Word[]): Completion {
  const bare = declared.replace(/^\[(.*)\]$/, "$1");
  if (bare === "COMMAND") return { words: commands };
  const words = bare.split("|").filter((word) => /^[a-z]+$/.test(word));
  return { words: words.map((name) => ({ name, about: "" })), path: pathOf(bare) };
}
