/** Up to where mailboxes have found nothing behind a place: what is there is not read again for every fetch. @module */
import type { MailboxOwner } from "../../../mailbox/mailbox_store.ts";

type Reader = Pick<MailboxOwner, "processor" | "partition" | "types">;

export class ScannedPlaces {
  readonly #places = new Map<string, { readonly from: number; readonly to: number }>();

  /** The place behind which a mailbox has to look that stands at `from`. */
  after(reader: Reader, from: number): number {
    const place = this.#places.get(keyOf(reader));
    return place?.from === from ? Math.max(from, place.to) : from;
  }

  /** Nothing that the mailbox takes is between these places. */
  set(reader: Reader, from: number, to: number): void {
    this.#places.set(keyOf(reader), { from, to });
  }
}

function keyOf({ partition, processor, types }: Reader): string {
  return `${partition} ${processor} ${types}`;
}
