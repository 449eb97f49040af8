/** Words of What if: the bounds of the policy, and what comes of others. English, then Dutch. @module */

export const whatIfTexts = {
  "whatif.title": ["What if", "Wat als"],
  "whatif.lead": [
    "Change the policy and see what it would have decided on recent cases. Nothing is stored.",
    "Verander het beleid en zie wat het over recente zaken zou hebben besloten. Er wordt niets opgeslagen.",
  ],
  "whatif.try": ["Try on recent cases", "Probeer op recente zaken"],
  "whatif.bounds": [
    "In {unit}, from {least} to {most}. Now {now}.",
    "In {unit}, van {least} tot {most}. Nu {now}.",
  ],
  "whatif.invalid": ["This is no such policy: {why}", "Dit is geen geldig beleid: {why}"],
  "whatif.same": ["This is the policy as it is.", "Dit is het beleid zoals het is."],
  "whatif.none": [
    "No difference at {points} decisions of {cases} cases.",
    "Geen verschil bij {points} beslissingen in {cases} zaken.",
  ],
  "whatif.found": [
    "{n} difference at {points} decisions: {differing} of {cases} cases.|{n} differences at {points} decisions: {differing} of {cases} cases.",
    "{n} verschil bij {points} beslissingen: {differing} van {cases} zaken.|{n} verschillen bij {points} beslissingen: {differing} van {cases} zaken.",
  ],
  "whatif.scope": [
    "Each decision alone, on recorded facts, of the cases that came in last. On everything: zaakstroom what-if --policy FILE.",
    "Elke beslissing apart, op de vastgelegde feiten, van de zaken die het laatst binnenkwamen. Over alles: zaakstroom what-if --policy FILE.",
  ],
  "whatif.partly": ["Stopped after {seconds} seconds.", "Gestopt na {seconds} seconden."],
  "whatif.failures": [
    "This policy fails at {n} decisions.",
    "Dit beleid loopt vast bij {n} beslissingen.",
  ],
  "whatif.matrix": ["From the one outcome to the other", "Van de ene uitkomst naar de andere"],
  "whatif.first": ["The first differences", "De eerste verschillen"],
  "whatif.now": ["Now", "Nu"],
  "whatif.then": ["Then", "Dan"],
  "whatif.decisions": ["Differing decisions", "Andere beslissingen"],
  "whatif.people": ["People", "Mensen"],
  "whatif.claims": ["Claims in €", "Vorderingen in €"],
  "whatif.claim": ["Claim in €", "Vordering in €"],
  "whatif.case": ["Case", "Zaak"],
  "whatif.grounds": ["the same, on other grounds", "hetzelfde, op andere gronden"],
  "whatif.person": ["a person (proposal: {what})", "een mens (voorstel: {what})"],
  "whatif.plan": ["plan of at most {months} months", "regeling van hoogstens {months} maanden"],
  "whatif.busy": ["Another try is under way", "Er loopt al een proef"],
  "whatif.busy.detail": ["Try again in a few seconds.", "Probeer het over een paar seconden opnieuw."],
  "unit.euros": ["euros", "euro's"],
  "unit.share": ["parts of one", "delen van één"],
  "unit.months": ["months", "maanden"],
  "unit.weeks": ["weeks", "weken"],
  "unit.days": ["days", "dagen"],
  "unit.times": ["times", "keer"],
  "policy.low_confidence": [
    "A person decides below this confidence",
    "Een mens beslist onder deze zekerheid",
  ],
  "policy.high_confidence": [
    "The system may decide against the citizen from this confidence",
    "Het systeem mag nadelig beslissen vanaf deze zekerheid",
  ],
  "policy.confidence_lost_by_mark": [
    "Confidence lost by a mark, such as a BSN that fails its test",
    "Zekerheid die een opvallend punt kost, zoals een BSN dat niet klopt",
  ],
  "policy.low_success": [
    "A person decides on a plan below this chance of success",
    "Een mens beslist over een regeling onder deze kans van slagen",
  ],
  "policy.forgive_max": [
    "Forgiving more than this needs an approver",
    "Meer dan dit kwijtschelden vraagt een goedkeurder",
  ],
  "policy.unverified_months": [
    "Longest plan while the income is not known",
    "Langste regeling zolang het inkomen niet bekend is",
  ],
  "policy.unverified_instalment_max": [
    "Largest instalment while the income is not known",
    "Grootste termijnbedrag zolang het inkomen niet bekend is",
  ],
  "policy.instalment_min": ["Smallest instalment", "Kleinste termijnbedrag"],
  "policy.capacity_share": [
    "Part of the room to repay that may be asked for",
    "Deel van de afloscapaciteit dat mag worden gevraagd",
  ],
  "policy.grace_days": [
    "Days after which an instalment counts as missed",
    "Dagen waarna een termijn als gemist telt",
  ],
  "policy.missed_max": [
    "Missed instalments that end a plan",
    "Gemiste termijnen die een regeling beëindigen",
  ],
  "policy.late_payment_days": [
    "Days in which a payment made in time may reopen a case",
    "Dagen waarin een betaling die op tijd was een zaak kan heropenen",
  ],
  "policy.collect_weeks": ["Time to pay under collection", "Tijd om te betalen bij inning"],
  "policy.review_weeks": ["Time a caseworker has", "Tijd die een medewerker heeft"],
} as const;
