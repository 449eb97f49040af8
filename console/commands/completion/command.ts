/** `completion`: prints a script by which a shell completes commands, options and their values. @module */
import { type Command, command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { suggest } from "../../cli/suggest.ts";
import { bashScript } from "./bash.ts";
import { completionsOf } from "./completions.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The command, for these commands; itself among them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return command({
    name: "completion",
    ignoresConfiguration: true,
    summary: "Prints a script that completes commands, options and values in a shell",
    arguments: Object.keys(scripts).join("|"),
    options: {},
    notes: "The script is made from the commands of this version: load it anew after an update.",
    examples: [
      ['eval "$(zaakstroom completion bash)"', "in ~/.bashrc"],
      ["zaakstroom completion zsh > ~/.zfunc/_zaakstroom", "where ~/.zfunc is in $fpath"],
      ["zaakstroom completion fish > ~/.config/fish/completions/zaakstroom.fish", "for fish"],
    ],
    run({ positional: [shell, ...more] }, { out }) {
      const names = Object.keys(scripts);
      if (shell === undefined || more.length > 0) {
        throw new UsageError(`completion takes one of ${names.join(", ")}`);
      }
      if (!Object.hasOwn(scripts, shell)) {
        throw new UsageError(`Unknown shell ${shell}: ${suggest(shell, names)}`);
      }
      out(scripts[shell as keyof typeof scripts](completionsOf(commands())));
      return Promise.resolve(exitCodes.ok);
    },
  });
}
