// Causal grouped-query attention over packed sequences, forward and backward. Rows of a sequence follow each other; a row sees its
// sequence up to itself, or the last `window` of it. Probabilities are not kept: the backward pass computes them again from the
// greatest score and the inverse sum of every row and head (Dao et al. 2022).

import { exp4, splat, sumLanes } from '../../../inference/kernel/assembly/math';
import { shareStart } from '../../../inference/kernel/assembly/matmul';
import { dotFloat } from '../../../inference/kernel/assembly/norm';
import { addScaled } from './gemm';
import { word } from './operation';

// Words of both operations.
const QUERY = 0; // f32 [rows][heads][headDim]
const KEY = 1; // f32 [rows][kvHeads][headDim]
const VALUE = 2; // as KEY
const OUTPUT = 3; // as QUERY
const STATISTICS = 4; // f32 [rows][heads][2]: greatest score, 1 / sum
const STARTS = 5; // i32 [sequences + 1]: first row of each sequence
const SEQUENCES = 6;
const HEADS = 7;
const KV_HEADS = 8;
const HEAD_DIM = 9;
const WINDOW = 10; // 0 = all
const SINKS = 11; // f32 [heads], or 0
const SEQUENCE_OF_ROW = 12; // i32 [rows]
const ROWS = 13;
const D_OUTPUT = 14; // gradients from here on, of the same shapes
const D_QUERY = 15;
const D_KEY = 16;
const D_VALUE = 17;

/** Rows x heads can be shared out forwards. */
export function attendUnits(operation: usize): i32 {
  return word(operation, ROWS) * word(operation, HEADS);
}

/** Sequences x key heads backwards: all gradients of one key and value are summed by one thread, in order. */
export function attendBackwardUnits(operation: usize): i32 {
  return word(operation, SEQUENCES) * word(operation, KV_HEADS);
}

/** About how many multiplications: every row sees half of its sequence. */
export function attendWork(operation: usize): f64 {
  const rows = <f64>word(operation, ROWS);
  return (rows * rows * <f64>(word(operation, HEADS) * word(operation, HEAD_DIM))) / <f64>word(operation, SEQUENCES);
}

// @ts-ignore: decorator
@inline
function at(operation: usize, part: i32, row: i32, heads: i32, head: i32): usize {
  const headDim = word(operation, HEAD_DIM);
  return <usize>word(operation, part) + (<usize>(row * heads + head) * <usize>headDim << 2);
}

// @ts-ignore: decorator
@inline
function statisticsAt(operation: usize, row: i32, head: i32): usize {
  return <usize>word(operation, STATISTICS) + (<usize>(row * word(operation, HEADS) + head) << 3);
}

/** The first row that a row sees. */
// @ts-ignore: decorator
@inline
function firstSeen(operation: usize, row: i32, start: i32): i32 {
  const window = word(operation, WINDOW);
  return window ? max(start, row + 1 - window) : start;
}

/** e^(score - greatest) of rows `first` to `row`, to `scores`. */
function exponentials(scores: usize, count: i32, greatest: f32): f32 {
  const g = splat(greatest);
  let sum = f32x4.splat(0);
  for (let i = count; i & 3; i++) store<f32>(scores + (<usize>i << 2), -Infinity);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    // exp4 clamps at -87, where the exponential of what lies beyond the last score is not zero
    const v = v128.load(scores + i);
    const e = v128.and(exp4(f32x4.sub(v, g)), f32x4.gt(v, splat(-Infinity)));
    v128.store(scores + i, e);
    sum = f32x4.add(sum, e);
  }
  return sumLanes(sum);
}

/** Scores of one row and head against rows `first` to `row`; the greatest of them. */
function score(operation: usize, row: i32, head: i32, first: i32, scores: usize): f32 {
  const kvHeads = word(operation, KV_HEADS);
  const heads = word(operation, HEADS);
  const headDim = word(operation, HEAD_DIM);
  const query = at(operation, QUERY, row, heads, head);
  const kvHead = head / (heads / kvHeads);
  const scale = <f32>1 / sqrt<f32>(<f32>headDim);
  let greatest: f32 = -Infinity;
  for (let j = first; j <= row; j++) {
    const s = dotFloat(query, at(operation, KEY, j, kvHeads, kvHead), headDim) * scale;
    store<f32>(scores + (<usize>(j - first) << 2), s);
    greatest = max(greatest, s);
  }
  return greatest;
}

/** @param scores f32 [longest sequence + 3]: scratch */
export function attend(operation: usize, scores: usize, piece: i32, pieces: i32): void {
  const heads = word(operation, HEADS);
  const kvHeads = word(operation, KV_HEADS);
  const headBytes = <usize>word(operation, HEAD_DIM) << 2;
  const sinks = <usize>word(operation, SINKS);
  const units = attendUnits(operation);
  const end = shareStart(units, piece + 1, pieces);
  for (let unit = shareStart(units, piece, pieces); unit < end; unit++) {
    const row = unit / heads;
    const head = unit % heads;
    const sequence = load<i32>(<usize>word(operation, SEQUENCE_OF_ROW) + (<usize>row << 2));
    const first = firstSeen(operation, row, load<i32>(<usize>word(operation, STARTS) + (<usize>sequence << 2)));
    let greatest = score(operation, row, head, first, scores);
    const sink: f32 = sinks ? load<f32>(sinks + (<usize>head << 2)) : -Infinity;
    greatest = max(greatest, sink);
    let sum = exponentials(scores, row - first + 1, greatest);
    if (sinks) sum += f32x4.extract_lane(exp4(splat(sink - greatest)), 0);
    const inverse = <f32>1 / sum;
    const statistics = statisticsAt(operation, row, head);
    store<f32>(statistics, greatest);
    store<f32>(statistics, inverse, 4);
    const output = at(operation, OUTPUT, row, heads, head);
    memory.fill(output, 0, headBytes);
    for (let j = first; j <= row; j++) {
      const value = at(operation, VALUE, j, kvHeads, head / (heads / kvHeads));
      addScaled(output, value, load<f32>(scores + (<usize>(j - first) << 2)) * inverse, headBytes);
    }
  }
}

/** Gradients of one row and head: dv += p do, ds = p (do v - do o), dq += ds k, dk += ds q. */
function backRow(operation: usize, row: i32, head: i32, first: i32, scores: usize): void {
  const heads = word(operation, HEADS);
  const kvHeads = word(operation, KV_HEADS);
  const headDim = word(operation, HEAD_DIM);
  const headBytes = <usize>headDim << 2;
  const kvHead = head / (heads / kvHeads);
  const scale = <f32>1 / sqrt<f32>(<f32>headDim);
  const statistics = statisticsAt(operation, row, head);
  const inverse = load<f32>(statistics, 4);
  score(operation, row, head, first, scores);
  exponentials(scores, row - first + 1, load<f32>(statistics));
  const dOutput = at(operation, D_OUTPUT, row, heads, head);
  const query = at(operation, QUERY, row, heads, head);
  const dQuery = at(operation, D_QUERY, row, heads, head);
  const meanChange = dotFloat(dOutput, at(operation, OUTPUT, row, heads, head), headDim);
  for (let j = first; j <= row; j++) {
    const p = load<f32>(scores + (<usize>(j - first) << 2)) * inverse;
    addScaled(at(operation, D_VALUE, j, kvHeads, kvHead), dOutput, p, headBytes);
    const change = dotFloat(dOutput, at(operation, VALUE, j, kvHeads, kvHead), headDim);
    const ds = p * (change - meanChange) * scale;
    addScaled(dQuery, at(operation, KEY, j, kvHeads, kvHead), ds, headBytes);
    addScaled(at(operation, D_KEY, j, kvHeads, kvHead), query, ds, headBytes);
  }
}

/** Gradients of queries, keys and values are added to what is there. */
export function attendBackward(operation: usize, scores: usize, piece: i32, pieces: i32): void {
  const kvHeads = word(operation, KV_HEADS);
  const shared = word(operation, HEADS) / kvHeads;
  const starts = <usize>word(operation, STARTS);
  const units = attendBackwardUnits(operation);
  const end = shareStart(units, piece + 1, pieces);
  for (let unit = shareStart(units, piece, pieces); unit < end; unit++) {
    const sequence = unit / kvHeads;
    const kvHead = unit % kvHeads;
    const start = load<i32>(starts + (<usize>sequence << 2));
    const stop = load<i32>(starts + (<usize>sequence << 2), 4);
    for (let row = start; row < stop; row++) {
      const first = firstSeen(operation, row, start);
      for (let i = 0; i < shared; i++) backRow(operation, row, kvHead * shared + i, first, scores);
    }
  }
}

/**
 * dsink[head] -= sum over rows of p_sink (do o): a sink takes from all others. Words as above; D_QUERY is f32 [heads]: dsink.
 * Heads are shared out.
 */
export function sinkGradient(operation: usize, piece: i32, pieces: i32): void {
  const heads = word(operation, HEADS);
  const end = shareStart(heads, piece + 1, pieces);
  for (let head = shareStart(heads, piece, pieces); head < end; head++) {
    const place = <usize>word(operation, D_QUERY) + (<usize>head << 2);
    const sink = load<f32>(<usize>word(operation, SINKS) + (<usize>head << 2));
    let sum = load<f32>(place);
    for (let row = 0; row < word(operation, ROWS); row++) {
      const statistics = statisticsAt(operation, row, head);
      const p = f32x4.extract_lane(exp4(splat(sink - load<f32>(statistics))), 0) * load<f32>(statistics, 4);
      const dOutput = at(operation, D_OUTPUT, row, heads, head);
      sum -= p * dotFloat(dOutput, at(operation, OUTPUT, row, heads, head), word(operation, HEAD_DIM));
    }
    store<f32>(place, sum);
  }
}
