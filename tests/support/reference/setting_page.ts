/** The page of settings: every option by its three names, from the declarations of commands. @module */
import { commonOptions, type Option } from "../../../console/cli/options.ts";
import { commands } from "../../../console/commands/all.ts";
import { backendOptions } from "../../../console/store/options.ts";
import { block, code, page, table } from "./markdown.ts";
import { defaultOf, helpOf, leafCommands, variablesOf } from "./option_rows.ts";

const EXAMPLE = { backend: "nats", url: "nats://host:4222", cases: { limit: 50 }, start: { workers: 2 } };

/** Variables that are no options: what reads them, and why. */
const OTHER_VARIABLES = [
  ["NATS_SERVER", "the program to start as development server; default: `nats-server` on the PATH"],
  ["XDG_CONFIG_HOME", "where the configuration file is looked for; default: `~/.config`"],
  ["XDG_DATA_HOME", "where the data directory is made; default: `~/.local/share`, for root `/var/lib`"],
];

export function settingPage(): string {
  return page("Settings", "the options in `console/`", [
    "A setting is taken from its flag (`--url`), else from the environment, else from the configuration file, where its " +
    "key is the name of the flag without dashes, else it has its default. The file is `--config-file`, " +
    "`ZAAKSTROOM_CONFIG`, or `zaakstroom/config.json` in the user's configuration directory. A section under a " +
    "command's name is for that command alone:",
    block("json", [JSON.stringify(EXAMPLE)]),
    "A variable that ends in `_FILE` names a file with the value, for secrets.",
    "`zaakstroom config show [COMMAND]` prints every setting, and where its value comes from.",
    "## Connection",
    "Every command that has a store takes these.",
    settings(Object.entries<Option>(backendOptions)),
    "## Other settings",
    "Options that have a name in the environment; those of one command alone are on the page of [commands](commands.md).",
    settings(otherOptions()),
    "## Variables that are no options",
    table(["Variable", "Meaning"], OTHER_VARIABLES.map(([name, meaning]) => [code(name!), meaning!])),
  ]);
}

function settings(options: readonly (readonly [string, Option])[]): string {
  const rows = options.map(([name, option]) => [
    code(name),
    variablesOf(option).map(code).join(", "),
    defaultOf(option),
    option.backends?.join(", ") ?? "",
    helpOf(option),
  ]);
  return table(["Setting", "Environment", "Default", "Backends", "Meaning"], rows);
}

function otherOptions(): readonly (readonly [string, Option])[] {
  const all = leafCommands(commands).flatMap(({ definition }) => Object.entries(definition.options));
  const named = [...all, ...Object.entries<Option>(commonOptions)].filter(([name, { env }]) =>
    env !== undefined && !Object.hasOwn(backendOptions, name)
  );
  return [...new Map(named)];
}
