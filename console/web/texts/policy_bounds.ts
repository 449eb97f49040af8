/** What each bound of the policy does when it is raised or lowered. English, then Dutch. @module */

export const policyBoundTexts = {
  "bound.own": [
    "Every bound is a choice of the organisation within the law, and none is a published norm.",
    "Elke grens is een keuze van de organisatie binnen de wet, en geen gepubliceerde norm.",
  ],
  "bound.low_confidence": ["Higher: more cases go to a person.", "Hoger: meer zaken gaan naar een mens."],
  "bound.high_confidence": [
    "Higher: the system decides less against citizens.",
    "Hoger: het systeem beslist minder vaak nadelig.",
  ],
  "bound.confidence_lost_by_mark": [
    "Higher: cases with a mark go to a person sooner.",
    "Hoger: zaken met een opvallend punt gaan eerder naar een mens.",
  ],
  "bound.low_success": [
    "Lower: less work for people, more plans that fail.",
    "Lager: minder werk voor mensen, meer mislukte regelingen.",
  ],
  "bound.forgive_max": [
    "Lower: an approver sees more of what is forgiven.",
    "Lager: een goedkeurder ziet meer van wat wordt kwijtgescholden.",
  ],
  "bound.unverified_months": [
    "Lower: shorter plans, or none, for those whose income is not known.",
    "Lager: kortere regelingen, of geen, voor wie het inkomen niet bekend is.",
  ],
  "bound.unverified_instalment_max": [
    "Lower: smaller instalments, and longer plans.",
    "Lager: kleinere termijnen en langere regelingen.",
  ],
  "bound.instalment_min": [
    "Higher: shorter plans, and small ones no more.",
    "Hoger: kortere regelingen, en kleine niet meer.",
  ],
  "bound.capacity_share": [
    "Lower: the household keeps more, plans take longer or do not fit.",
    "Lager: het huishouden houdt meer over, regelingen duren langer of passen niet.",
  ],
  "bound.grace_days": [
    "Higher: fewer instalments count as missed.",
    "Hoger: minder termijnen tellen als gemist.",
  ],
  "bound.missed_max": ["Higher: plans end later.", "Hoger: regelingen eindigen later."],
  "bound.late_payment_days": [
    "Higher: more closed cases reopen for a payment that was in time.",
    "Hoger: meer gesloten zaken gaan weer open voor een betaling die op tijd was.",
  ],
  "bound.collect_weeks": [
    "Higher: citizens have longer to pay.",
    "Hoger: burgers hebben langer om te betalen.",
  ],
  "bound.review_weeks": [
    "Higher: citizens wait longer for a decision.",
    "Hoger: burgers wachten langer op een besluit.",
  ],
} as const;
