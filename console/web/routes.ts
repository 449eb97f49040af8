/** The pages and acts of the console: one file each, and their list here. @module */
import { act as approve } from "./acts/approve.ts";
import { act as decide } from "./acts/decide.ts";
import { act as discard } from "./acts/discard.ts";
import { act as drain } from "./acts/drain.ts";
import { act as inboxDiscard } from "./acts/inbox_discard.ts";
import { act as inboxRetry } from "./acts/inbox_retry.ts";
import { act as nodeResume } from "./acts/node_resume.ts";
import { act as openPersonal } from "./acts/open_personal.ts";
import { act as pause } from "./acts/pause.ts";
import { act as propose } from "./acts/propose.ts";
import { act as redrive } from "./acts/redrive.ts";
import { act as resume } from "./acts/resume.ts";
import { act as retryParked } from "./acts/retry_parked.ts";
import { act as whatIfCancel } from "./acts/what_if_cancel.ts";
import { act as whatIfStart } from "./acts/what_if_start.ts";
import type { FormAct, Page } from "./page.ts";
import { page as audit } from "./pages/audit.ts";
import { page as caseFile } from "./pages/case.ts";
import { page as cases } from "./pages/cases.ts";
import { page as inbox } from "./pages/inbox.ts";
import { page as node } from "./pages/node.ts";
import { page as overview } from "./pages/overview.ts";
import { page as processors } from "./pages/processors.ts";
import { page as replay } from "./pages/replay.ts";
import { page as review } from "./pages/review.ts";
import { page as stuck } from "./pages/stuck.ts";
import { page as whatIf } from "./pages/what_if.ts";
import { page as whatIfRun } from "./pages/what_if_run.ts";

export const pages: readonly Page[] = [
  overview,
  processors,
  cases,
  caseFile,
  review,
  stuck,
  inbox,
  audit,
  replay,
  whatIf,
  whatIfRun,
  node,
];
export const acts: readonly FormAct[] = [
  propose,
  approve,
  decide,
  redrive,
  discard,
  inboxRetry,
  inboxDiscard,
  retryParked,
  openPersonal,
  pause,
  resume,
  drain,
  nodeResume,
  whatIfStart,
  whatIfCancel,
];
