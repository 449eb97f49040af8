/** The options of the subcommands of `nodes`. @module */
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

export const listNodesOptions = { ...outputOptions, ...backendOptions } as const;
export const drainOptions = { ...actOptions, ...listNodesOptions } as const;

export type ListNodesValues = Values<typeof listNodesOptions>;
export type DrainValues = Values<typeof drainOptions>;
