/** Files of a candidate: read, checked and named in words. @module */
import { join } from "node:path";
import {
  type Candidate,
  InvalidCandidate,
  otherFigures,
  parseFigures,
  parsePolicy,
  parseTable,
  policyFields,
  policyFile,
  readyCandidate,
  type SystemMandate,
  tableFile,
  type TableName,
  tableNames,
  writtenMandate,
} from "../../../actors/application.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";

interface CandidatePaths {
  readonly policy?: string | undefined;
  readonly rules?: string | undefined;
  readonly model?: string | undefined;
}

/** A candidate, and what is other about it. */
export interface NamedCandidate {
  readonly candidate: Candidate;
  readonly changes: readonly string[];
}

/** Reads a candidate. Throws UsageError for a file that can't be read, and names what is wrong in one that can. */
export async function readCandidate({ policy, rules, model }: CandidatePaths): Promise<NamedCandidate> {
  const parts = [
    ...(policy === undefined ? [] : [await readPolicyFile(policy)]),
    ...(rules === undefined ? [] : [await readRules(rules)]),
    ...(model === undefined ? [] : [await readModel(model)]),
  ];
  return {
    candidate: Object.assign({}, ...parts.map(({ candidate }) => candidate)),
    changes: parts.flatMap(({ changes }) => changes),
  };
}

async function readPolicyFile(path: string): Promise<NamedCandidate> {
  const value = await readJson(path, "--policy");
  const policy = checked(path, () => parsePolicy(value));
  const [now, then] = [policyFile(), value as Record<string, unknown>];
  const changes = policyFields.filter(({ name }) =>
    then[name] !== undefined && written(now[name]) !== written(then[name])
  )
    .map(({ name }) => `${name} ${written(now[name])} → ${written(then[name])}`);
  return { candidate: { policy }, changes: [...changes, ...mandateChanges(policy.mandates, now.mandates)] };
}

function mandateChanges(then: readonly SystemMandate[] | undefined, now: unknown): string[] {
  if (then === undefined || JSON.stringify(then.map(writtenMandate)) === JSON.stringify(now)) return [];
  return [`mandates → ${then.map(({ name }) => name).join(", ") || "none"}`];
}

/** Amounts are raw JSON. */
function written(value: unknown): string {
  return String(Number(JSON.stringify(value)));
}

async function readRules(directory: string): Promise<NamedCandidate> {
  const names = await filesIn(directory);
  const known = ["policy.json", "figures.json", ...tableNames.map((name) => `${name}.json`)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(join(directory, unknown), `it is none of ${known.join(", ")}`);
  if (names.length === 0) throw invalid(directory, `it has none of ${known.join(", ")}`);
  const parts = await Promise.all(
    names.map((name) => readRuleFile(join(directory, name), name.slice(0, -5))),
  );
  const tables = Object.assign({}, ...parts.map(({ candidate }) => candidate.tables));
  return {
    candidate: { ...Object.assign({}, ...parts.map(({ candidate }) => candidate)), tables },
    changes: parts.flatMap(({ changes }) => changes),
  };
}

async function readRuleFile(path: string, name: string): Promise<NamedCandidate> {
  if (name === "policy") return await readPolicyFile(path);
  const value = await readJson(path, "--rules");
  if (name === "figures") {
    const figures = checked(path, () => parseFigures(value));
    return { candidate: { figures }, changes: otherFigures(figures).map((id) => `figure ${id}`) };
  }
  const table = checked(path, () => parseTable(name as TableName, value));
  const isSame = JSON.stringify(value) === JSON.stringify(tableFile(name as TableName));
  const changes = isSame ? [] : [`table ${name} ${table.version}`];
  return { candidate: { tables: { [name]: table } }, changes };
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    throw new UsageError(`Cannot read the directory of --rules ${directory}: ${(error as Error).name}`);
  }
}

async function readModel(path: string): Promise<NamedCandidate> {
  const weights = await readJson(path, "--model") as NonNullable<Candidate["weights"]>;
  try {
    readyCandidate({ weights });
  } catch (error) {
    // What has no features at all is no model either.
    throw invalid(path, error instanceof RangeError ? error.message : "it is no model");
  }
  return { candidate: { weights }, changes: [`model ${weights.version}`] };
}

async function readJson(path: string, option: string): Promise<unknown> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new UsageError(`Cannot read the file of ${option} ${path}: ${(error as Error).name}`);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, "it is not JSON");
  }
}

function checked<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InvalidCandidate) throw invalid(path, error.message);
    throw error;
  }
}

function invalid(path: string, what: string): CommandError {
  return new CommandError(exitCodes.input, `Cannot use the candidate ${path}: ${what}`);
}
