/** Logistic regression by Newton's method with a ridge: few features, exact, deterministic. @module */

/** Rows of features (a bias column first) with what happened: 1 or 0. */
export interface Sample {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** Weights, the bias first. `ridge` is the penalty on each squared weight, the bias excepted. */
export function fitLogistic({ rows, labels }: Sample, ridge: number, steps = 12): Float64Array {
  const size = rows[0]!.length;
  let weights: Float64Array = new Float64Array(size);
  for (let step = 0; step < steps; step++) {
    const gradient = weights.map((w, i) => i === 0 ? 0 : -ridge * w);
    const hessian = Array.from({ length: size }, (_, i) => {
      const line = new Float64Array(size);
      line[i] = i === 0 ? 1e-9 : ridge;
      return line;
    });
    for (let r = 0; r < rows.length; r++) accumulate(rows[r]!, labels[r]!, weights, gradient, hessian);
    const move = solve(hessian, gradient);
    weights = weights.map((w, i) => w + move[i]!);
  }
  return weights;
}

/** The chance a row's label is 1. */
export function predict(weights: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += weights[i]! * x[i]!;
  return 1 / (1 + Math.exp(-sum));
}

function accumulate(
  x: Float64Array,
  label: number,
  weights: Float64Array,
  gradient: Float64Array,
  hessian: Float64Array[],
): void {
  const p = predict(weights, x);
  const curve = p * (1 - p);
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    gradient[i]! += (label - p) * x[i]!;
    const line = hessian[i]!;
    for (let j = 0; j < x.length; j++) line[j]! += curve * x[i]! * x[j]!;
  }
}

/** Solves a small linear system by Gaussian elimination with pivoting. Changes its arguments. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(matrix[r]![c]!) > Math.abs(matrix[pivot]![c]!)) pivot = r;
    [matrix[c], matrix[pivot]] = [matrix[pivot]!, matrix[c]!];
    [right[c], right[pivot]] = [right[pivot]!, right[c]!];
    for (let r = c + 1; r < n; r++) eliminate(matrix, right, c, r);
  }
  const result = new Float64Array(n);
  for (let r = n - 1; r >= 0; r--) {
    let sum = right[r]!;
    for (let j = r + 1; j < n; j++) sum -= matrix[r]![j]! * result[j]!;
    result[r] = sum / matrix[r]![r]!;
  }
  return result;
}

function eliminate(matrix: Float64Array[], right: Float64Array, column: number, row: number): void {
  const factor = matrix[row]![column]! / matrix[column]![column]!;
  if (factor === 0) return;
  for (let j = column; j < right.length; j++) matrix[row]![j]! -= factor * matrix[column]![j]!;
  right[row]! -= factor * right[column]!;
}
