/** Gathering: what is asked while an answer is under way goes together in the next question. @module */

interface Waiting<Q, A> {
  readonly question: Q;
  resolve(answer: A | Promise<A>): void;
  reject(error: unknown): void;
}

/** Answers questions, in their order. */
type Answer<Q, A> = (questions: readonly Q[]) => Promise<readonly (A | Promise<A>)[]>;

/**
 * Asks many things at once. Who is alone is answered at once; the busier it gets, the more goes into one question. What
 * waits is bounded by those who ask: each has one question.
 */
export class Gathering<Q, A> {
  readonly #ask: Answer<Q, A>;
  readonly #waiting: Waiting<Q, A>[] = [];
  readonly #atOnce: number;
  #underWay = 0;

  /** What `ask` throws is the answer to all it was asked. At most `atOnce` are under way. */
  constructor(ask: Answer<Q, A>, atOnce: number) {
    this.#ask = ask;
    this.#atOnce = atOnce;
  }

  ask(question: Q): Promise<A> {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    this.#waiting.push({ question, resolve, reject });
    if (this.#underWay < this.#atOnce) void this.#go();
    return promise;
  }

  async #go(): Promise<void> {
    this.#underWay++;
    while (this.#waiting.length > 0) await this.#together(this.#waiting.splice(0));
    this.#underWay--;
  }

  async #together(group: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#ask(group.map(({ question }) => question));
      group.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
