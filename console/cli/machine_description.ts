/** The machine and the runtime, in one line. @module */

/** What figures were measured on: cores, system, versions. */
export function describeMachine(): string {
  const { deno, v8 } = Deno.version;
  return `${navigator.hardwareConcurrency} cores, ${Deno.build.os} ${Deno.build.arch}, Deno ${deno}, V8 ${v8}`;
}
