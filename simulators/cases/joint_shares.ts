/** Two published shares made one table, with combinations that are likelier than others, or cannot be. @module */

/** Rounds of scaling: far more than a table of this size needs to settle. */
const ROUNDS = 500;

/**
 * A table whose row and column sums are the given shares, as close to the given weights of its cells as that allows: 1
 * everywhere is independence, 0 a combination that cannot be (iterative proportional fitting, Deming and Stephan 1940).
 */
export function jointShares(
  rows: readonly number[],
  columns: readonly number[],
  weight: (row: number, column: number) => number,
): number[][] {
  const table = rows.map((row, r) => columns.map((column, c) => row * column * weight(r, c)));
  for (let round = 0; round < ROUNDS; round++) {
    table.forEach((cells, r) => scale(cells, rows[r]! / sum(cells)));
    columns.forEach((column, c) => {
      const factor = column / sum(table.map((cells) => cells[c]!));
      table.forEach((cells) => cells[c]! *= factor);
    });
  }
  return table;
}

function scale(cells: number[], factor: number): void {
  cells.forEach((cell, i) => cells[i] = cell * factor);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
