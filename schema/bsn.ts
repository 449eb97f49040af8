/** The Dutch citizen service number (BSN). Personal data: it is stored with the event and shown nowhere. @module */

const WEIGHTS = [9, 8, 7, 6, 5, 4, 3, 2, -1];

/**
 * The eleven-test of a BSN: 9a+8b+7c+6d+5e+4f+3g+2h-1i is divisible by 11.
 * 123456782 passes; 123456789 and 987654321 do not.
 */
export function passesElevenTest(bsn: string): boolean {
  if (!/^\d{9}$/.test(bsn)) return false;
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += WEIGHTS[i]! * (bsn.charCodeAt(i) - 48);
  return sum !== 0 && sum % 11 === 0;
}

/** What people see instead of a BSN: its last two digits, enough to tell two apart in one conversation. */
export function maskBsn(bsn: string): string {
  return `*******${digitsOf(bsn).slice(-2)}`;
}

/** What people see instead of a case_id that may be a BSN; any other one as it is, or nothing would be found again. */
export function maskCaseId(caseId: string): string {
  return isBsnLike(caseId) ? maskBsn(caseId) : caseId;
}

/** True for a text that is a BSN, in whichever spelling: `123456782`, `1234.56.782`. */
export function isBsnLike(text: string): boolean {
  return passesElevenTest(digitsOf(text));
}

/** A BSN without the spaces, points and dashes that people put in it. */
export const digitsOf = (text: string): string => text.trim().replace(/[ .-]/g, "");

/** A UUID, or a hash or random name of sixteen hexadecimal characters or more: three in a hundred have nine digits in a row. */
const IDENTIFIER = String.raw`\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=\d*[a-f])[0-9a-f]{16,})\b`;

const IDENTIFIER_OR_NINE_DIGITS = new RegExp(`(${IDENTIFIER})|(?<!\\d)\\d(?:[ .-]?\\d){8}(?!\\d)`, "gi");

/**
 * Masks every run of exactly nine digits, so that a BSN that slipped into free text does not reach a log; with spaces,
 * points or dashes between them only those that pass the eleven-test: others are amounts and dates. An identifier that
 * has such a run by chance stays whole: masked it finds nothing.
 */
export function redactBsns(text: string): string {
  return text.replace(IDENTIFIER_OR_NINE_DIGITS, (run, identifier?: string) => {
    if (identifier !== undefined) return run;
    return /^\d+$/.test(run) || isBsnLike(run) ? "[nine digits]" : run;
  });
}
