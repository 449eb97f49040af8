/// <reference lib="deno.worker" />
/** A worker that loads, and never answers. @module */
self.onmessage = () => {};
