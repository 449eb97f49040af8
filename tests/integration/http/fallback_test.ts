/** What a node's server does for the console: forms within bounds, streams, and every other path. @module */
import { assertEquals } from "@std/assert";
import { respondWith, serveHttp } from "../../../console/http/server.ts";

/** Serves on a free port; `/live` is a route, all else is answered by `fallback`. */
async function serving(
  fallback: (request: Request) => Promise<Response>,
  visit: (url: string) => Promise<void>,
): Promise<void> {
  const routes = new Map([
    ["/", () => Promise.resolve(respondWith(200, "index"))],
    ["/live", () => Promise.resolve(respondWith(200, "live"))],
  ]);
  const server = await serveHttp({ port: 0, routes, fallback });
  try {
    await visit(server.url);
  } finally {
    await server.close();
  }
}

const textOf = async (url: string, init?: RequestInit) => await (await fetch(url, init)).text();

Deno.test("routes stay routes, and the console has the rest, the first page too", async () => {
  const fallback = ({ url }: Request) => Promise.resolve(new Response(new URL(url).pathname));
  await serving(fallback, async (url) => {
    assertEquals([await textOf(`${url}live`), await textOf(url), await textOf(`${url}cases/1`)], [
      "live",
      "/",
      "/cases/1",
    ]);
    assertEquals(await textOf(`${url}live`, { method: "POST" }), "Use GET, HEAD\n");
  });
});

Deno.test("a form arrives whole, and one that is too long is refused", async () => {
  const fallback = async (request: Request) => new Response(await request.text());
  await serving(fallback, async (url) => {
    const body = `text=${"x".repeat(60_000)}`;
    assertEquals(await textOf(`${url}form`, { method: "POST", body }), body);
    const refused = await fetch(`${url}form`, { method: "POST", body: "x".repeat(70_000) });
    assertEquals([refused.status, await refused.text()], [413, "The body is too long, or took too long\n"]);
  });
});

Deno.test("an answer may set several cookies", async () => {
  const headers = [["set-cookie", "a=1"], ["set-cookie", "b=2"]] as [string, string][];
  await serving(() => Promise.resolve(new Response(null, { headers })), async (url) => {
    const { headers, body } = await fetch(url);
    await body?.cancel();
    assertEquals(headers.getSetCookie(), ["a=1", "b=2"]);
  });
});

Deno.test("a stream is written as it comes, and its source learns when the client is gone", async () => {
  const gone = Promise.withResolvers<void>();
  const body = () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\n")),
      cancel: () => gone.resolve(),
    });
  const fallback = () =>
    Promise.resolve(new Response(body(), { headers: { "content-type": "text/event-stream" } }));
  await serving(fallback, async (url) => {
    const reader = (await fetch(url)).body!.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "data: 1\n\n");
    await reader.cancel();
    await gone.promise;
  });
});
