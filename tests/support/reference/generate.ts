/** `deno task docs:reference`: writes docs/reference from the declarations in the code. @module */
import { authorityPage } from "./authority_page.ts";
import { commandPage } from "./command_page.ts";
import { dependencyPage } from "./dependency_page.ts";
import { eventPage } from "./event_page.ts";
import { exitCodePage } from "./exit_code_page.ts";
import { metricPage } from "./metric_page.ts";
import { processorPage } from "./processor_page.ts";
import { rolePage } from "./role_page.ts";
import { settingPage } from "./setting_page.ts";

/** Where the pages stand. */
export const REFERENCE = new URL("../../../docs/reference/", import.meta.url);

/** The text of each page, by the name of its file. */
export async function referencePages(): Promise<Readonly<Record<string, string>>> {
  return {
    "commands.md": commandPage(),
    "settings.md": settingPage(),
    "exit_codes.md": exitCodePage(),
    "metrics.md": await metricPage(),
    "events.md": eventPage(),
    "authority.md": authorityPage(),
    "processors.md": processorPage(),
    "roles.md": rolePage(),
    "dependencies.md": await dependencyPage(),
  };
}

if (import.meta.main) {
  await Deno.mkdir(REFERENCE, { recursive: true });
  for (const [name, text] of Object.entries(await referencePages())) {
    await Deno.writeTextFile(new URL(name, REFERENCE), text);
  }
}
