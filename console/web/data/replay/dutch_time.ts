/** Moments as forms write them: the clock of the Netherlands, without a zone. Pure. @module */

const ZONE = "Europe/Amsterdam";
const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/;
const offsets = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, timeZoneName: "longOffset" });
const shown = new Intl.DateTimeFormat("sv-SE", {
  ...{ timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" },
  ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
});

/** Minutes that the clock is ahead of UTC at a moment. */
function minutesAhead(at: number): number {
  const name = offsets.formatToParts(at).find(({ type }) => type === "timeZoneName")!.value;
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return found[1] === "-" ? -minutes : minutes;
}

/** A text of a form, or an ISO time with its zone, as milliseconds since 1970; undefined where it is neither. */
export function instantOf(text: string): number | undefined {
  if (!LOCAL.test(text)) {
    const at = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(at) ? undefined : at;
  }
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // The offset of the moment itself: that of the first guess is another one in the hours around a change of the clock.
  const guess = asUtc - minutesAhead(asUtc) * 60_000;
  return asUtc - minutesAhead(guess) * 60_000;
}

/** A moment as a form writes it, in seconds. */
export function localText(at: number): string {
  return shown.format(at).replace(" ", "T");
}
