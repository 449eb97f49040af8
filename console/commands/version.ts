/** `version`, and `--version`: what this program is. @module */
import config from "../../deno.json" with { type: "json" };
import { command } from "../cli/command.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import type { Parsed } from "../cli/options.ts";
import { outputOptions, printResult } from "../cli/output.ts";

const versionOptions = outputOptions;

/** The command. */
export const version = command({
  name: "version",
  ignoresConfiguration: true,
  summary: "Prints the version, that of Deno inside, and what it was built for",
  options: versionOptions,
  run({ values }: Parsed<typeof versionOptions>, output) {
    const facts = {
      version: config.version,
      deno: Deno.version.deno,
      target: Deno.build.target,
      built: Deno.build.standalone ? "compiled" : "source",
    };
    const { version, deno, target, built } = facts;
    const origin = built === "compiled" ? "compiled" : "from source";
    printResult(output, values, {
      json: facts,
      text: `zaakstroom ${version} (Deno ${deno}, ${target}, ${origin})`,
    });
    return Promise.resolve(exitCodes.ok);
  },
});
