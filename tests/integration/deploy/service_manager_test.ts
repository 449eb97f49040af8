/** What a node reports to the service manager that started it, on a socket such as systemd has. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../../support/program.ts";

/** A socket that keeps what arrives on it. */
class NotifySocket implements AsyncDisposable {
  private constructor(readonly root: string, readonly connection: Deno.DatagramConn) {}

  static async open(): Promise<NotifySocket> {
    const root = await Deno.makeTempDir({ prefix: "zaakstroom-notify-test-" });
    const path = `${root}/notify`;
    return new NotifySocket(root, Deno.listenDatagram({ transport: "unixpacket", path }));
  }

  get path(): string {
    return `${this.root}/notify`;
  }

  async next(): Promise<string> {
    const [bytes] = await this.connection.receive();
    return new TextDecoder().decode(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    await Deno.remove(this.root, { recursive: true });
  }
}

const START = ["start", "--backend", "memory", "--port", "0", "--workers", "1"];

Deno.test("a node reports that it is ready, then that its loop turns, and then that it stops", async () => {
  await using manager = await NotifySocket.open();
  const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "200000" };
  await using program = Program.start(START, { env });
  assertMatch(await manager.next(), /^READY=1\nSTATUS=Running on memory at memory$/);
  assertEquals([await manager.next(), await manager.next()], ["WATCHDOG=1", "WATCHDOG=1"]);
  program.signal("SIGTERM");
  let message = await manager.next();
  while (message === "WATCHDOG=1") message = await manager.next();
  assertMatch(message, /^STOPPING=1\n/);
  assertEquals((await program.ended()).code, 0);
});

Deno.test("a node whose service manager has no socket says so, and runs", async () => {
  const env = { NOTIFY_SOCKET: "/nonexistent/notify", TMPDIR: "/nonexistent" };
  await using program = Program.start(START, { env });
  await program.serving();
  program.signal("SIGTERM");
  const { code, err } = await program.ended();
  assertEquals(code, 0);
  assert(err.includes("Cannot report to the service manager at /nonexistent/notify"), err);
});
