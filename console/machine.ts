/** The machine and the runtime, in one line. @module */

/** What figures were measured on: cores, memory, system, versions. */
export function machineLine(): string {
  const { deno, v8 } = Deno.version;
  const gigabytes = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const { os, arch } = Deno.build;
  return `${navigator.hardwareConcurrency} cores, ${gigabytes} GB, ${os} ${arch}, Deno ${deno}, V8 ${v8}`;
}
