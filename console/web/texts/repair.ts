/** Words of Stuck, Refused and the audit trail. English, then Dutch. @module */

export const repairTexts = {
  "stuck.title": [
    "Nothing is stuck|1 message is stuck|{n} messages are stuck",
    "Niets staat vast|1 bericht staat vast|{n} berichten staan vast",
  ],
  "stuck.lead": [
    "{retrying} are tried again by themselves. {dead} wait for you. Each holds only its own case.",
    "{retrying} worden vanzelf opnieuw geprobeerd. {dead} wachten op u. Elk bericht houdt alleen zijn eigen zaak tegen.",
  ],
  "stuck.lead.none": [
    "Every message was handled, or is on its way.",
    "Elk bericht is verwerkt, of onderweg.",
  ],
  "stuck.by_error": ["By error", "Per fout"],
  "stuck.col.error": ["Error", "Fout"],
  "stuck.col.count": ["Number", "Aantal"],
  "stuck.col.since": ["Since", "Sinds"],
  "stuck.at": ["at {where}", "bij {where}"],
  "stuck.group": ["{error} at {where}", "{error} bij {where}"],
  "stuck.legend.parked": [
    "tried again by itself, after longer and longer pauses",
    "probeert vanzelf opnieuw, met steeds langere pauzes",
  ],
  "stuck.legend.dead": ["all attempts used up; waits for a person", "alle pogingen op; wacht op een mens"],
  "stuck.col.case": ["Case", "Zaak"],
  "stuck.col.event": ["Event", "Gebeurtenis"],
  "stuck.col.attempts": ["Attempts", "Pogingen"],
  "stuck.col.held": ["Held behind it", "Wacht erachter"],
  "stuck.evidence": ["Attempts and stack", "Pogingen en stack"],
  "stuck.attempt": ["Attempt {n}, {when}", "Poging {n}, {when}"],
  "stuck.shown": ["The {n} oldest are shown.", "De {n} oudste staan hier."],
  "stuck.preview.act": ["See what would happen", "Kijk wat er zou gebeuren"],
  "stuck.preview": [
    "What would happen if you retry these now",
    "Wat er zou gebeuren als u ze nu opnieuw aanbiedt",
  ],
  "stuck.preview.detail": [
    "Tried {when} in a worker without rights. Nothing is stored.",
    "Geprobeerd {when} in een werker zonder rechten. Niets is opgeslagen.",
  ],
  "stuck.preview.some": ["The first {n} were tried.", "De eerste {n} zijn geprobeerd."],
  "stuck.col.outcome": ["Outcome", "Uitkomst"],
  "stuck.col.cases": ["Messages", "Berichten"],
  "stuck.col.out": ["What comes out", "Wat eruit komt"],
  "stuck.goes": ["Goes on", "Gaat door"],
  "stuck.person": ["To a person", "Naar een mens"],
  "stuck.fails": ["Fails again", "Faalt weer"],
  "stuck.nothing": ["nothing new", "niets nieuws"],
  "stuck.behind": [
    "The {n} that wait behind follow then, in order.",
    "De {n} die erachter wachten volgen daarna, in volgorde.",
  ],
  "stuck.redrive": ["Retry it|Retry all {n}", "Bied het opnieuw aan|Bied alle {n} opnieuw aan"],
  "stuck.discard": ["Give it up|Give all {n} up", "Geef het op|Geef alle {n} op"],
  "stuck.discard.title": ["Give up instead", "Liever opgeven"],
  "stuck.discard.detail": [
    "What was held behind goes on without it. The events themselves stay in the store.",
    "Wat erachter wacht, gaat zonder verder. De gebeurtenissen zelf blijven bewaard.",
  ],
  "stuck.empty": ["Everything went through", "Alles is doorgegaan"],
  "stuck.empty.detail": [
    "What fails shows up here, grouped by its error.",
    "Wat misgaat, staat hier, per fout bij elkaar.",
  ],
  "stuck.choose": ["Choose an error at the left.", "Kies links een fout."],
  "stuck.word": [
    "On the command line and in metrics: dead letter, dlq.",
    "Op de opdrachtregel en in metrieken heet dit dead letter, dlq.",
  ],

  "inbox.title": [
    "No event was refused|1 event was refused|{n} events were refused",
    "Niets is geweigerd|1 bericht is geweigerd|{n} berichten zijn geweigerd",
  ],
  "inbox.lead": [
    "They came in by the ingest subject or the outbox and are no valid events.",
    "Ze kwamen binnen langs het ingest-onderwerp of de outbox en zijn geen geldige berichten.",
  ],
  "inbox.none": [
    "This store has no inbox: its producers are told at once.",
    "Deze opslag heeft geen inbox: wie instuurt, hoort het meteen.",
  ],
  "inbox.empty": ["Every event was taken in", "Elk bericht is aangenomen"],
  "inbox.empty.detail": [
    "What is refused is kept here whole, with the reason.",
    "Wat geweigerd wordt, blijft hier heel bewaard, met de reden.",
  ],
  "inbox.col.id": ["Number", "Nummer"],
  "inbox.col.at": ["At", "Op"],
  "inbox.col.reason": ["Reason", "Reden"],
  "inbox.event": ["Refused event {n}", "Geweigerd bericht {n}"],
  "inbox.sent": ["What was sent, without personal data", "Wat is gestuurd, zonder persoonsgegevens"],
  "inbox.retry": ["Send it in once more", "Stuur het opnieuw in"],
  "inbox.discard": ["Give it up", "Geef het op"],

  "audit.title": ["Audit trail", "Logboek"],
  "audit.lead": [
    "Who did what on a case, and why. Ordinary processing is proven by the events themselves.",
    "Wie deed wat met een zaak, en waarom. Gewone verwerking blijkt uit de gebeurtenissen zelf.",
  ],
  "audit.case": ["Case number", "Zaaknummer"],
  "audit.recent": [
    "Acts on the {n} cases that changed last",
    "Wat er gedaan is met de {n} zaken die het laatst veranderden",
  ],
  "audit.of": ["Acts on case {id}", "Wat er gedaan is met zaak {id}"],
  "audit.col.at": ["At", "Op"],
  "audit.col.act": ["Act", "Wat"],
  "audit.col.by": ["By", "Wie"],
  "audit.col.why": ["Why", "Waarom"],
  "audit.col.where": ["Where", "Waar"],
  "audit.empty": ["No act of a person", "Niemand deed iets"],
  "audit.empty.detail": [
    "A redrive, a discard or a retry stands here with its reason.",
    "Opnieuw aanbieden of opgeven staat hier, met de reden.",
  ],
} as const;
