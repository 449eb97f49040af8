/** The fan-out: what others get of the events, on which subjects, with which headers, and in which order. @module */
import { assertEquals } from "@std/assert";
import { fanOutOf } from "../../../../console/node/jobs/fan_out.ts";
import { openNats } from "../../../../backends/nats/nats_backend.ts";
import { FanOutNode } from "../../../support/fan_out/fan_out_node.ts";
import { anEvent } from "../../../support/events.ts";
import { EventsStream, readFannedOut, Subscriber } from "../../../support/fan_out/subscribers.ts";
import { readEvents } from "../../../support/nats_store_check.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats({ syncAlways: false });
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

natsTest("each event comes once, in the order of the log, under the subject of its type", async () => {
  await using node = await FanOutNode.open({ url: server.url });
  await using decisions = await Subscriber.open(server.url, "cases.decision");
  await node.backend.append([anEvent("a", 1), anEvent("b", 1), anEvent("a", 2, "case.decision")]);
  await node.backend.append([anEvent("c", 1), anEvent("b", 2, "case.decision")]);
  const stored = await readEvents(server.url);
  const copied = await readFannedOut(server.url, stored.length);
  assertEquals(
    copied.map(({ position, id, type, caseId, version }) => ({ position, id, type, caseId, version })),
    stored.map(({ position, id, type, caseId, version }) => ({ position, id, type, caseId, version })),
  );
  assertEquals((await decisions.until(2)).map(({ caseId }) => caseId).sort(), ["a", "b"]);
});

natsTest(
  "a message is a CloudEvent, with its data as JSON and the place of the event in headers",
  async () => {
    const stream = "SHAPE";
    await using node = await FanOutNode.open({ url: server.url, stream });
    await using live = await Subscriber.open(server.url, "shape.analysis");
    const event = anEvent("zaak 1", 1, "case.analysis");
    const { position } = await node.backend.append([event]);
    const [message] = await live.until(1);
    const headers = Object.fromEntries(
      message!.headers.keys().map((key) => [key, message!.headers.get(key)]),
    );
    assertEquals(JSON.parse(message!.text), event.data);
    assertEquals(message!.subject, "shape.analysis");
    assertEquals(
      Object.fromEntries(Object.entries(headers).filter(([key]) => key.startsWith("ce-"))),
      {
        "ce-specversion": "1.0",
        "ce-id": event.event_id,
        "ce-source": `/zaakstroom/${stream}`,
        "ce-type": "case.analysis",
        "ce-subject": "zaak%201",
        "ce-time": event.timestamp,
        "ce-datacontenttype": "application/json",
        "ce-dataversion": "1",
        "ce-caseversion": "1",
        "ce-position": `${position}`,
      },
    );
    const [, , partition] = headers["Nats-Subject"]!.split(".");
    assertEquals([headers["Nats-Subject"], message!.sequence], [`shape.analysis.${partition}`, 1]);
  },
);

natsTest(
  "what is not known to be no personal data is left out, and a case id that may be a BSN masked",
  async () => {
    const stream = "PRIVACY";
    const asStarted = fanOutOf({ backend: "nats", "fan-out": undefined, "fan-out-personal": false });
    await using node = await FanOutNode.open({ url: server.url, stream }, asStarted);
    const profile = {
      household: "paar",
      contact: { name: "J. Jansen", email: "j@example.org" },
      nickname: "Jan",
    };
    const event = anEvent("123456782", 1);
    await node.backend.append([{ ...event, data: { ...event.data, profile } }]);
    const [message] = await readFannedOut(server.url, 1, { stream });
    const { citizen_bsn: bsn, ...data } = JSON.parse(message!.text);
    assertEquals([bsn, data.case_id, message!.caseId], [undefined, "*******82", "*******82"]);
    assertEquals([data.debt_amount, data.debt_type], [1250.5, "huur"]);
    for (const personal of ["123456782", "Jansen", "example.org", "Jan", "contact", "nickname"]) {
      assertEquals(message!.text.includes(personal), false, message!.text);
    }
  },
);

natsTest("only the types that are asked for are copied, and none where it is off", async () => {
  const stream = "SOME";
  const types = ["case.decision"];
  await using node = await FanOutNode.open({ url: server.url, stream }, { types });
  await node.backend.append([anEvent("a", 1), anEvent("a", 2, "case.decision"), anEvent("a", 3)]);
  await node.backend.append([anEvent("b", 1, "case.decision")]);
  const copied = await readFannedOut(server.url, 2, { stream });
  assertEquals(copied.map(({ caseId, type }) => `${caseId} ${type}`), ["a case.decision", "b case.decision"]);
  const off = await openNats({ url: server.url, stream: "OFF" });
  assertEquals(off.fanOut, undefined);
  const health = await off.health();
  await off.close();
  assertEquals(health.fanOut, undefined);
});

natsTest("health says who copies and how far it is, and that nobody does", async () => {
  const stream = "HEALTH";
  const store = { url: server.url, stream, node: "copier" };
  {
    await using node = await FanOutNode.open(store);
    await node.backend.append([anEvent("a", 1), anEvent("b", 1)]);
    await readFannedOut(server.url, 2, { stream });
    assertEquals((await node.backend.health()).fanOut, { writer: "copier", pending: 0, oldestMs: 0 });
  }
  const other = await openNats({ url: server.url, stream });
  await other.append([anEvent("a", 2), anEvent("c", 1), anEvent("d", 1)]);
  const { fanOut } = await other.health();
  await other.close();
  assertEquals([fanOut?.writer, fanOut?.pending, fanOut?.held], [null, 3, undefined]);
});

natsTest(
  "the stream lists its subjects, keeps events for seven days, and takes an operator's other age",
  async () => {
    const stream = "AGE";
    {
      await using _node = await FanOutNode.open({ url: server.url, stream });
    }
    await using events = await EventsStream.open(server.url, stream);
    const config = await events.config();
    assertEquals(config.subjects.filter((subject) => subject.endsWith(".>")), []);
    assertEquals(config.subjects.includes("age.intake.*"), true);
    assertEquals(config.max_age, 7 * 86_400_000_000_000);
    await events.update({ max_age: 3_600_000_000_000 });
    await using _again = await FanOutNode.open({ url: server.url, stream });
    assertEquals((await events.config()).max_age, 3_600_000_000_000);
  },
);
