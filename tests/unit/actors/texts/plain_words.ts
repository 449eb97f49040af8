/**
 * The words that a text for a citizen may use: those that people use themselves. A word is added here by who has read it
 * in its sentence; a word of the law or of an office (vordering, afloscapaciteit, innen, termijnbedrag) is not.
 * @module
 */
export const plainWords: ReadonlySet<string> = new Set(
  `
aan al alleen alles april augustus bedrag bedragen bel beslissen besloten besluit betaal betaalt betalen
betaald betaling bij binnen boete brief bsn computer daarom daarvoor dan dat datum de december delen deze die dit
doen dreigt een eens eerst elkaar er februari gaat gas geen geld geldt genoeg gesprek haast hebt heeft heen hele
het hoe hoeft hoeveel hoog hoogstens hoort houden hulp iets in inkomen is januari juli juni keer kennen
kijken kijkt klopt kom komen kost kregen krijgt kunt laag laat laten maand maar maart mag medewerker mee
meer mei met misschien moet mogelijk na naar niet niets nodigen nog november nu of oktober om ons onze op
ophalen oplevert opnieuw over passen past per plan regel schuld schulden september situatie snel spijt staat
steeds stoppen stroom te tijd totaal u uit uiterlijk uitnodiging uw van veel verder verliezen vertel vonden voor
waar wanneer wat water weinig weken welke wet weten wij woning zaak zagen zeker zelf zijn zo zoekt zonder
zorgverzekering
`.trim().split(/\s+/),
);
