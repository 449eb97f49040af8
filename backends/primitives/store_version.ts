/** Which programs work with a store, by its version. Pure. @module */

/** How a store stands: its version, and the oldest version of a program that it serves. */
export interface StoreVersion {
  readonly version: number;
  readonly servesFrom: number;
}

/** True for a store of the program's own version, and for one a version ahead that says it still serves the program. */
export function servesProgram({ version, servesFrom }: StoreVersion, known: number): boolean {
  return version === known || version === known + 1 && servesFrom <= known;
}
