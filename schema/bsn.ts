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
  return `*******${bsn.slice(-2)}`;
}

/** Masks every run of exactly nine digits, so that a BSN that slipped into free text does not reach a log. */
export function redactBsns(text: string): string {
  return text.replace(/(?<!\d)\d{9}(?!\d)/g, "[nine digits]");
}
