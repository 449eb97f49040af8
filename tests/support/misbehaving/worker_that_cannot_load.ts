/** A worker that can't even be loaded. @module */
throw new Error("broken at import");
