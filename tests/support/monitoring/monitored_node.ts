/** A node of the program itself on a server of the test's own, and producers of every kind beside it. @module */
import { assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import postgres from "postgres";
import { caseIntake, NatsEventPublisher, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { Program, run } from "../program.ts";
import { NATS_ANSWER } from "../servers/nats_server.ts";

type Intake = Parameters<typeof caseIntake>[0];

export function intakeOf(case_id: string): Intake {
  return { case_id, citizen_bsn: "999990019", debt_amount: 12.5, debt_type: "huur" };
}

export class MonitoredNode implements AsyncDisposable {
  private constructor(
    readonly backend: "postgres" | "nats",
    readonly url: string,
    readonly program: Program,
  ) {}

  static start(backend: "postgres" | "nats", url: string): MonitoredNode {
    const where = ["--backend", backend, "--url", url];
    const program = Program.start(["start", ...where, "--port", "0", "--json", "--workers", "1"], {
      asNode: true,
    });
    return new MonitoredNode(backend, url, program);
  }

  /** Host and port, once the node runs. */
  async address(): Promise<string> {
    return new URL(await this.program.serving()).host;
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${await this.address()}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** By the command line. */
  async publish(...caseIds: readonly string[]): Promise<void> {
    const stdin = caseIds.map((caseId) => JSON.stringify(intakeOf(caseId))).join("\n");
    const args = ["publish", "-", "--backend", this.backend, "--url", this.url];
    const { code, err } = await run(args, { stdin });
    assertEquals(code, 0, err);
  }

  /** By a program that imports us. */
  async publishFromProgram(caseId: string): Promise<void> {
    const publisher = this.backend === "postgres"
      ? new PostgresEventPublisher(this.url)
      : await NatsEventPublisher.create(this.url);
    await publisher.publish(caseIntake(intakeOf(caseId)));
    await publisher.close();
  }

  /** By a program that knows of us no more than the outbox, or the ingest subject. */
  async leave(caseId: string): Promise<void> {
    const event = { event_type: "case.intake", data: { ...intakeOf(caseId) } };
    if (this.backend === "postgres") {
      const sql = postgres(this.url, { max: 1, onnotice: () => {} });
      await sql`insert into zaakstroom.outbox (event) values (${sql.json(event)})`;
      await sql.end();
    } else {
      const connection = await connect({ servers: this.url });
      await connection.request("cases.ingest", JSON.stringify(event), NATS_ANSWER);
      await connection.close();
    }
  }

  /** The value of a series, once it is what is expected; else the last one that was seen. */
  async valueOf(series: string, expected: number, timeoutMs = 120_000): Promise<number> {
    for (const end = performance.now() + timeoutMs;;) {
      const { text } = await this.get("/metrics");
      const line = text.split("\n").find((each) => each.startsWith(`${series} `));
      const value = Number(line?.split(" ").at(-1));
      if (value === expected || performance.now() > end) return value;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.kill9();
  }
}
