/** What a program needs of a store that only sends to it. @module */
import type { Backend } from "./backend.ts";

export interface EventSink extends Pick<Backend, "name" | "append" | "close"> {
  readonly producers: Pick<Backend["producers"], "recordRefusal">;
}
