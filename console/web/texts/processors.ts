/** Words of Processors and nodes, and of what is parked. English, then Dutch. @module */

export const processorTexts = {
  "nav.processors": ["Processors", "Processors"],
  "processors.title": [
    "All processors take work|1 processor is paused|{n} processors are paused",
    "Alle processors nemen werk aan|1 processor is gepauzeerd|{n} processors zijn gepauzeerd",
  ],
  "processors.lead": [
    "A pause holds on every node, and outlives them. What comes meanwhile waits, and nothing is lost.",
    "Een pauze geldt op elke node, ook na een herstart. Wat intussen komt, wacht. Er gaat niets verloren.",
  ],
  "processors.none": ["No node has worked on this store yet", "Nog geen node werkte aan deze opslag"],
  "processors.none.detail": ["Start one: deno task start", "Start er een: deno task start"],
  "processors.col.name": ["Processor", "Processor"],
  "processors.col.state": ["State", "Staat"],
  "processors.col.stuck": ["Stuck", "Vast"],
  "run.paused": ["Paused", "Gepauzeerd"],
  "pause.by": ["by {by}, {when}: {why}", "door {by}, {when}: {why}"],
  "pause.act": ["Pause {name}", "Pauzeer {name}"],
  "pause.detail": [
    "What it has in hand is finished. Then it takes nothing until somebody resumes it.",
    "Wat hij in handen heeft, maakt hij af. Daarna neemt hij niets aan tot iemand hem hervat.",
  ],
  "resume.act": ["Resume {name}", "Hervat {name}"],
  "resume.detail": [
    "It begins where it was, and catches up by itself.",
    "Hij begint waar hij was, en haalt vanzelf in.",
  ],
  "nodes.col.name": ["Node", "Node"],
  "nodes.state.working": ["Running", "Loopt"],
  "nodes.state.drained": ["Drained", "Leeggemaakt"],
  "nodes.state.gone": ["Gone", "Weg"],
  "drain.act": ["Drain {name}", "Maak {name} leeg"],
  "drain.detail": [
    "It finishes what it has in hand, hands its mailboxes to others and takes none. It goes on running.",
    "Hij maakt af wat hij in handen heeft, geeft zijn postvakken aan andere en neemt er geen. Hij blijft draaien.",
  ],
  "drain.last": [
    "No other node takes work: cases would stand still.",
    "Geen andere node neemt werk aan: zaken zouden stilstaan.",
  ],
  "node_resume.act": ["Let {name} take work again", "Laat {name} weer werk aannemen"],
  "node_resume.detail": ["It takes its share again.", "Hij neemt zijn deel weer."],
  "done.paused": ["The processor is paused", "De processor is gepauzeerd"],
  "done.resumed": ["The processor goes on", "De processor gaat door"],
  "done.drained": ["The node hands over what it has", "De node geeft over wat hij heeft"],
  "done.node_resumed": ["The node takes work again", "De node neemt weer werk aan"],
  "attention.paused": ["{where} is paused, by {by}.", "{where} is gepauzeerd, door {by}."],
  "attention.paused.detail": [
    "{why} Nothing waits.|{why} 1 waits.|{why} {n} wait.",
    "{why} Er wacht niets.|{why} Er wacht 1.|{why} Er wachten {n}.",
  ],
  "attention.paused.act": ["To the processors", "Naar de processors"],
  "attention.drained": ["Node {where} is drained, by {by}.", "Node {where} is leeggemaakt, door {by}."],

  "parked.title": ["Tried again by themselves", "Proberen vanzelf opnieuw"],
  "parked.col.next": ["Next try", "Volgende poging"],
  "parked.retry": ["Try it now|Try all {n} now", "Probeer het nu|Probeer alle {n} nu"],
  "parked.retry.detail": [
    "Their attempts go on being counted.",
    "Hun pogingen tellen door.",
  ],
  "done.hastened": [
    "1 message is tried now|{n} messages are tried now",
    "1 bericht wordt nu geprobeerd|{n} berichten worden nu geprobeerd",
  ],
} as const;
