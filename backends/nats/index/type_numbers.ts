/** Types of events by number, as entries name them: in the order in which they came into the partition. @module */

export class TypeNumbers {
  readonly #names: string[];
  readonly #numbers: Map<string, number>;

  constructor(names: readonly string[]) {
    this.#names = [...names];
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  get names(): readonly string[] {
    return [...this.#names];
  }

  nameOf(number: number): string {
    return this.#names[number] ?? "";
  }

  /** The number of a type; the next one for a type that is new. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}
