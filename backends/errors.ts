/** What a store throws, whichever it is. @module */
import type { ExpectedVersion } from "./event_store.ts";

/** The backend can't be reached, or does not answer in time. Whether a write happened may be unknown. */
export class BackendUnavailable extends Error {
  override name = "BackendUnavailable";
  /** For how many milliseconds it had given no answer when that was noticed; 0 when it was told at once. */
  readonly silentMs: number;

  constructor(message?: string, { silentMs = 0, ...options }: ErrorOptions & { silentMs?: number } = {}) {
    super(message, options);
    this.silentMs = silentMs;
  }
}

/** The backend answers, and can't do this now: it has reached a limit, or others are in the way. The same may succeed later. */
export class BackendBusy extends BackendUnavailable {
  override name = "BackendBusy";
}

/** A server answers that takes no writes, such as a standby: another one may, and this one may be promoted. */
export class BackendReadOnly extends BackendBusy {
  override name = "BackendReadOnly";
}

/** The backend answers but can't be used: wrong database, no rights, too old, full. One line, and what to do. */
export class BackendUnusable extends Error {
  override name = "BackendUnusable";
}

/** The role or user that connected has not the rights for this. */
export class InsufficientRights extends BackendUnusable {
  override name = "InsufficientRights";
}

/**
 * The store is gone, or older than what is known of it. It is not waited for, as one that is unavailable or unusable is:
 * a person restores it, or takes it as it is. One line, and what to do.
 */
export class StoreLost extends Error {
  override name = "StoreLost";
}

/** The store refuses what a settlement holds, however often it is asked: a delivery of it made what can't be stored. */
export class SettlementRefused extends Error {
  override name = "SettlementRefused";
}

/** Another producer appended to the case first. */
export class VersionConflict extends Error {
  override name = "VersionConflict";
  constructor(readonly caseId: string, readonly expected: ExpectedVersion, readonly actual: number) {
    const wanted = typeof expected === "string" ? expected : expected.exact;
    super(`Version conflict: expected version ${wanted} of the case, found ${actual}`);
  }
}

/** An event id that is stored already, with other content: it cannot be appended, and is not silently dropped. */
export class EventIdConflict extends Error {
  override name = "EventIdConflict";
  constructor(readonly eventId: string) {
    super(`Event id ${eventId} is stored already, with other content`);
  }
}

/** Who sends it may not: another type, another's name, or without the second person that it needs. Nothing was stored. */
export class NotAllowed extends Error {
  override name = "NotAllowed";
  /** `byServer`: the store's server has refused it, and counted it. */
  constructor(reason: string, readonly byServer = false) {
    super(`Not allowed: ${reason}`);
  }
}
