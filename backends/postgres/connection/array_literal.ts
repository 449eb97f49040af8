/** Lists as parameters: the client knows no array types without asking the server for them. @module */

/** A list of names, numbers and nulls as PostgreSQL reads an array. */
export function arrayOf(values: readonly (string | number | null)[]): string {
  return `{${values.map((value) => JSON.stringify(value)).join(",")}}`;
}
