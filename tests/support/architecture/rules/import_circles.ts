/**
 * No file imports itself by way of others; imports of types count.
 * @module
 */
import type { SourceTree } from "../source_tree.ts";
import { isProgram } from "./import_direction.ts";
import type { Violation } from "./violation.ts";

export function importCircleViolations({ files }: SourceTree): readonly Violation[] {
  const graph = new Map<string, readonly string[]>();
  for (const { path, imports } of files.values()) {
    const loaded = imports.filter((each) => files.has(each.target) && !isProgram(path, each));
    graph.set(path, loaded.map(({ target }) => target));
  }
  return new ComponentSearch(graph).components().filter((component) => isCircle(component, graph)).map(
    (component) => {
      const key = component.toSorted().join(" ↔ ");
      return { key, message: `these files import each other in a circle: ${key}` };
    },
  );
}

function isCircle(component: readonly string[], graph: ReadonlyMap<string, readonly string[]>): boolean {
  return component.length > 1 || graph.get(component[0]!)!.includes(component[0]!);
}

/** Tarjan's strongly connected components. */
class ComponentSearch {
  readonly #graph: ReadonlyMap<string, readonly string[]>;
  readonly #index = new Map<string, number>();
  readonly #lowest = new Map<string, number>();
  readonly #stack: string[] = [];
  readonly #onStack = new Set<string>();
  readonly #found: string[][] = [];

  constructor(graph: ReadonlyMap<string, readonly string[]>) {
    this.#graph = graph;
  }

  components(): readonly (readonly string[])[] {
    for (const file of this.#graph.keys()) {
      if (!this.#index.has(file)) this.#visit(file);
    }
    return this.#found;
  }

  #visit(file: string): void {
    const index = this.#index.size;
    this.#index.set(file, index);
    this.#lowest.set(file, index);
    this.#stack.push(file);
    this.#onStack.add(file);
    for (const next of this.#graph.get(file)!) {
      if (!this.#index.has(next)) {
        this.#visit(next);
        this.#lower(file, this.#lowest.get(next)!);
      } else if (this.#onStack.has(next)) this.#lower(file, this.#index.get(next)!);
    }
    if (this.#lowest.get(file) === index) this.#take(file);
  }

  #lower(file: string, index: number): void {
    this.#lowest.set(file, Math.min(this.#lowest.get(file)!, index));
  }

  /** Takes the component that `file` was the first of off the stack. */
  #take(file: string): void {
    const component = this.#stack.splice(this.#stack.indexOf(file));
    for (const each of component) this.#onStack.delete(each);
    this.#found.push(component);
  }
}
