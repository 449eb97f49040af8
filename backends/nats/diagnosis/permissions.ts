/** Which subjects a user of NATS may use. @module */

interface SubjectRules {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** As the server reports them; what is absent allows everything. */
export interface Permissions {
  readonly publish?: SubjectRules;
  readonly subscribe?: SubjectRules;
}

/** The subjects a node publishes to, and those it subscribes to. */
export interface NeededSubjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What is needed and not allowed, in words: `publish to cases.>`. */
export function refusedSubjects(needed: NeededSubjects, permissions: Permissions): readonly string[] {
  const { publish, subscribe } = permissions;
  return [
    ...needed.publish.filter((subject) => !isAllowed(subject, publish)).map((subject) =>
      `publish to ${subject}`
    ),
    ...needed.subscribe.filter((subject) => !isAllowed(subject, subscribe)).map((subject) =>
      `subscribe to ${subject}`
    ),
  ];
}

/** A denied part of what is needed counts as a refusal of it. */
function isAllowed(needed: string, { allow, deny = [] }: SubjectRules = {}): boolean {
  if (allow !== undefined && allow.length > 0 && !allow.some((pattern) => covers(pattern, needed))) {
    return false;
  }
  return !deny.some((pattern) => covers(pattern, needed) || covers(needed, pattern));
}

/** Whether a pattern matches every subject that `needed` matches. A queue name after a blank is left aside. */
function covers(pattern: string, needed: string): boolean {
  const [tokens, wanted] = [pattern.split(" ")[0]!.split("."), needed.split(".")];
  for (const [i, token] of tokens.entries()) {
    if (token === ">") return wanted.length > i;
    const other = wanted[i];
    if (other === undefined || other === ">") return false;
    if (token !== "*" && token !== other) return false;
  }
  return tokens.length === wanted.length;
}
