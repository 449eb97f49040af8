/** What a node reports to the service manager that started it, on a socket such as systemd has. @module */
import { assert, assertEquals } from "@std/assert";
import { Program, run } from "../../support/program.ts";

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

/** The messages up to one that begins so, without signs of life. */
async function until(manager: NotifySocket, beginning: string): Promise<readonly string[]> {
  const messages: string[] = [];
  do messages.push(await manager.next()); while (!messages.at(-1)!.startsWith(beginning));
  return messages.filter((message) => message !== "WATCHDOG=1");
}

Deno.test("a node reports that its loop turns, that it is ready, and that it stops when it is asked to", async () => {
  await using manager = await NotifySocket.open();
  const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "20000" };
  await using program = Program.start(START, { env });
  assertEquals(await manager.next(), "WATCHDOG=1");
  assertEquals(await until(manager, "READY=1"), ["READY=1\nSTATUS=Running on memory at memory"]);
  assertEquals([await manager.next(), await manager.next()], ["WATCHDOG=1", "WATCHDOG=1"]);
  program.signal("SIGTERM");
  assertEquals(await until(manager, "STOPPING=1"), ["STOPPING=1\nSTATUS=Settling what is in hand"]);
  assertEquals((await program.ended()).code, 0);
});

Deno.test("a node that its guardian starts again is ready again, and never said that the service stops", async () => {
  await using manager = await NotifySocket.open();
  await using program = Program.start(START, { env: { NOTIFY_SOCKET: manager.path } });
  await until(manager, "READY=1");
  const [node] = await program.nodes();
  Deno.kill(node!, "SIGKILL");
  assertEquals((await until(manager, "READY=1")).length, 1);
});

Deno.test("a node that ends by itself does not announce a stop of the service", async () => {
  await using manager = await NotifySocket.open();
  const env = { NOTIFY_SOCKET: manager.path };
  const { code } = await run([...START, "--count", "1", "--until-idle"], { env });
  assertEquals(code, 0);
  assertEquals((await until(manager, "READY=1")).length, 1);
  // Sent by this test: whatever came before it, the node sent.
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: `${manager.root}/test` });
  await socket.send(new TextEncoder().encode("END"), { transport: "unixpacket", path: manager.path });
  socket.close();
  assertEquals(await until(manager, "END"), ["END"]);
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
