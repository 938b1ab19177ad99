// The choice of experts, as inference makes it (../../../inference/kernel/assembly/router.ts), and the gradient of its weights.
// Which experts are chosen is taken as given: only their weights have a gradient.

import { exp4, splat } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { number, word } from './operation';

const LOGITS = 0; // f32 [rows][experts]
const ROUTE = 1; // {i32 expert, f32 weight} [rows][chosen], best first
const PROBABILITIES = 2; // f32 [rows][experts]: softmax over all
const ROWS = 3;
const EXPERTS = 4;
const CHOSEN = 5;
const OVER_ALL = 6; // weights are shares of the softmax over all experts
const D_WEIGHTS = 7; // f32 [rows][chosen]
const D_LOGITS = 8; // f32 [rows][experts]: overwritten
const BALANCE = 9; // f32 [experts]: share of the assignments that each expert has, or 0
const BALANCE_FACTOR = 10; // coefficient x experts / rows

// @ts-ignore: decorator
@inline
function exp(x: f32): f32 {
  return f32x4.extract_lane(exp4(splat(x)), 0);
}

/** Softmax over all experts. */
function probabilities(logits: usize, experts: i32, target: usize): void {
  let greatest: f32 = -Infinity;
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) greatest = max(greatest, load<f32>(logits + e));
  let sum: f32 = 0;
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) {
    const p = exp(load<f32>(logits + e) - greatest);
    store<f32>(target + e, p);
    sum += p;
  }
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) store<f32>(target + e, load<f32>(target + e) / sum);
}

/** True where the expert is among the first `rank` of the route. */
function isTaken(route: usize, rank: i32, expert: i32): bool {
  for (let i = 0; i < rank; i++) if (load<i32>(route + (<usize>i << 3)) == expert) return true;
  return false;
}

/** Routes this piece's rows. */
export function route(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, ROWS);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) routeRow(operation, r);
}

function routeRow(operation: usize, r: i32): void {
  const experts = word(operation, EXPERTS);
  const chosen = word(operation, CHOSEN);
  const logits = <usize>word(operation, LOGITS) + (<usize>(r * experts) << 2);
  const all = <usize>word(operation, PROBABILITIES) + (<usize>(r * experts) << 2);
  const target = <usize>word(operation, ROUTE) + (<usize>(r * chosen) << 3);
  probabilities(logits, experts, all);
  let best: f32 = 0;
  let sum: f32 = 0;
  for (let rank = 0; rank < chosen; rank++) {
    let expert = -1;
    let greatest: f32 = -Infinity;
    for (let e = 0; e < experts; e++) {
      const logit = load<f32>(logits + (<usize>e << 2));
      if ((expert < 0 || logit > greatest) && !isTaken(target, rank, e)) {
        expert = e;
        greatest = logit;
      }
    }
    if (rank == 0) best = greatest;
    const weight = word(operation, OVER_ALL) ? load<f32>(all + (<usize>expert << 2)) : exp(greatest - best);
    sum += weight;
    store<i32>(target + (<usize>rank << 3), expert);
    store<f32>(target + (<usize>rank << 3), weight, 4);
  }
  if (word(operation, OVER_ALL)) return;
  for (let rank = 0; rank < chosen; rank++) {
    const place = target + (<usize>rank << 3);
    store<f32>(place, load<f32>(place, 4) / sum, 4);
  }
}

/** Gradients of the logits of this piece's rows. */
export function routeBackward(operation: usize, piece: i32, pieces: i32): void {
  const rows = word(operation, ROWS);
  const end = shareStart(rows, piece + 1, pieces);
  for (let r = shareStart(rows, piece, pieces); r < end; r++) backRow(operation, r);
}

function backRow(operation: usize, r: i32): void {
  const experts = word(operation, EXPERTS);
  const chosen = word(operation, CHOSEN);
  const all = <usize>word(operation, PROBABILITIES) + (<usize>(r * experts) << 2);
  const routes = <usize>word(operation, ROUTE) + (<usize>(r * chosen) << 3);
  const dWeights = <usize>word(operation, D_WEIGHTS) + (<usize>(r * chosen) << 2);
  const target = <usize>word(operation, D_LOGITS) + (<usize>(r * experts) << 2);
  const overAll = word(operation, OVER_ALL) != 0;
  memory.fill(target, 0, <usize>experts << 2);
  let mean: f32 = 0;
  for (let rank = 0; rank < chosen; rank++) {
    mean += load<f32>(routes + (<usize>rank << 3), 4) * load<f32>(dWeights + (<usize>rank << 2));
  }
  // softmax: dl = w (dw - sum w dw), over the chosen or over all (where only the chosen have a dw)
  if (overAll) {
    for (let e: usize = 0; e < <usize>experts << 2; e += 4) store<f32>(target + e, -load<f32>(all + e) * mean);
  }
  for (let rank = 0; rank < chosen; rank++) {
    const place = target + (<usize>load<i32>(routes + (<usize>rank << 3)) << 2);
    const weight = load<f32>(routes + (<usize>rank << 3), 4);
    const change = load<f32>(dWeights + (<usize>rank << 2));
    store<f32>(place, load<f32>(place) + weight * (overAll ? change : change - mean));
  }
  if (word(operation, BALANCE)) balance(operation, all, target, experts);
}

/** The load-balancing loss of Fedus et al. (2022): coefficient x experts x sum of share x mean probability. */
function balance(operation: usize, all: usize, target: usize, experts: i32): void {
  const shares = <usize>word(operation, BALANCE);
  const factor = number(operation, BALANCE_FACTOR);
  let mean: f32 = 0;
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) mean += load<f32>(shares + e) * load<f32>(all + e);
  for (let e: usize = 0; e < <usize>experts << 2; e += 4) {
    const change = factor * load<f32>(all + e) * (load<f32>(shares + e) - mean);
    store<f32>(target + e, load<f32>(target + e) + change);
  }
}
