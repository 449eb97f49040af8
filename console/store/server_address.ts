/** The server that the options of a command name: what is no URL of it, and what is said when it does not answer. @module */
import { BackendUnavailable } from "../../backends/errors.ts";
import { postgresUrl } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { BackendValues } from "./options.ts";

/** Refuses a URL that is none of PostgreSQL, and what is for a server's URL where there is none. Throws UsageError. */
export function requirePostgresUrl({ url, "tls-ca": caFile }: Pick<BackendValues, "url" | "tls-ca">): void {
  if (url !== undefined && !postgresUrl.safeParse(url).success) {
    throw new UsageError("Cannot use --url: with --backend postgres it begins with postgres://");
  }
  if (url === undefined && caFile !== undefined) {
    throw new UsageError("Cannot use --tls-ca without --url: the server of this machine has no TLS");
  }
}

/** Throws an error of opening again; one of a server that is away with where it was looked for, where a URL named it. */
export function namingServer(where: string | undefined): (error: unknown) => never {
  return (error) => {
    const isUnreachable = error instanceof BackendUnavailable &&
      /^(PostgreSQL is away|NATS is away|Can't)/.test(error.message);
    if (where === undefined || !isUnreachable) throw error;
    throw new BackendUnavailable(
      `${error.message}: see whether the URL is right and ${where} takes connections`,
      { cause: error },
    );
  };
}
