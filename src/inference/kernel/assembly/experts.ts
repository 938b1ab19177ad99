import { exp4, splat } from './math';
import { matmul, shareStart } from './matmul';
import { addTo } from './norm';
import { quantize, recordAt } from './quantize';
import { Expert, Group, groupAt, Model, Run } from './state';

/** `Model.activation`. */
const CLAMPED_SWIGLU = 1;

/** g * sigmoid(g) * u. */
// @ts-ignore: decorator
@inline
function gated(g: v128, u: v128): v128 {
  return f32x4.mul(f32x4.div(g, f32x4.add(splat(1), exp4(f32x4.neg(g)))), u);
}

/** gate = gate * sigmoid(gate) * up (SwiGLU, Shazeer 2020), f32, bytes `first` to `end`, 32 at a time as compilers join them. */
function swiGlu(gate: usize, up: usize, first: usize, end: usize): void {
  for (let i = first; i < end; i += 32) {
    const low = gated(v128.load(gate + i), v128.load(up + i));
    const high = gated(v128.load(gate + i, 16), v128.load(up + i, 16));
    v128.store(gate + i, low);
    v128.store(gate + i, high, 16);
  }
}

/** gate = (up + 1) * gate * sigmoid(alpha * gate), the gate clamped above, up on both sides (gpt-oss). */
function clampedSwiGlu(gate: usize, up: usize, first: usize, end: usize, alpha: f32, limit: f32): void {
  for (let i = first; i < end; i += 16) {
    const g = f32x4.pmin(v128.load(gate + i), splat(limit));
    const u = f32x4.pmax(f32x4.pmin(v128.load(up + i), splat(limit)), splat(-limit));
    const glu = f32x4.div(g, f32x4.add(splat(1), exp4(f32x4.neg(f32x4.mul(splat(alpha), g)))));
    v128.store(gate + i, f32x4.mul(f32x4.add(u, splat(1)), glu));
  }
}

/** Biases, where there are any, and activation of one member, bytes `first` to `end` of its hidden columns. */
// @ts-ignore: decorator
@inline
function activate(model: Model, expert: Expert, gate: usize, up: usize, first: usize, end: usize): void {
  if (expert.gateBias) addTo(gate, expert.gateBias, first, end);
  if (expert.upBias) addTo(up, expert.upBias, first, end);
  if (model.activation == CLAMPED_SWIGLU) {
    clampedSwiGlu(gate, up, first, end, model.activationAlpha, model.activationLimit);
  } else {
    swiGlu(gate, up, first, end);
  }
}

/** Row * K + rank of member `j` of a group. */
// @ts-ignore: decorator
@inline
function memberAt(run: Run, group: Group, j: i32): i32 {
  return load<i32>(run.order + (<usize>(group.start + j) << 2));
}

/** Blocks of 32 hidden columns of all groups together: what `expand` can be cut into. */
export function expertBlocks(model: Model, run: Run): i32 {
  return run.groups * (model.expertHiddenSize >> 5);
}

/** Gate, up and activation of all groups, quantised, for this piece's hidden columns. */
export function expand(model: Model, run: Run, lists: usize, piece: i32, pieces: i32): void {
  const blocks = model.expertHiddenSize >> 5;
  const all = run.groups * blocks;
  const end = shareStart(all, piece + 1, pieces);
  for (let block = shareStart(all, piece, pieces); block < end;) {
    const group = block / blocks;
    const first = block % blocks;
    const count = min(blocks - first, end - block);
    expandGroup(model, run, groupAt(run, group), lists, first, first + count);
    block += count;
  }
}

/** The blocks of hidden columns from `first` to `end` of one group. */
function expandGroup(model: Model, run: Run, group: Group, lists: usize, first: i32, end: i32): void {
  const hidden = model.expertHiddenSize;
  const expert = changetype<Expert>(group.expert);
  const inputs = lists;
  const gates = lists + (<usize>group.count << 2);
  const ups = gates + (<usize>group.count << 2);
  for (let j = 0; j < group.count; j++) {
    const member = memberAt(run, group, j);
    store<usize>(inputs + (<usize>j << 2), recordAt(run.norm, member / model.expertsPerToken, model.hiddenSize));
    store<usize>(gates + (<usize>j << 2), recordAt(run.hidden, member, hidden));
    store<usize>(ups + (<usize>j << 2), (run.up + <usize>member * <usize>hidden * 4));
  }
  matmul(expert.gateData, expert.gateKind, first << 1, end << 1, model.hiddenSize, group.count, inputs, gates, lists + run.widened);
  matmul(expert.upData, expert.upKind, first << 1, end << 1, model.hiddenSize, group.count, inputs, ups, lists + run.widened);
  for (let j = 0; j < group.count; j++) {
    const gate = load<usize>(gates + (<usize>j << 2));
    activate(model, expert, gate, load<usize>(ups + (<usize>j << 2)), <usize>first << 7, <usize>end << 7);
    quantize(gate, hidden, first, end);
  }
}

/** The down projection of one expert for the tiles from `first` to `end`. */
function contractGroup(model: Model, run: Run, group: Group, lists: usize, first: i32, end: i32): void {
  const hidden = model.expertHiddenSize;
  const expert = changetype<Expert>(group.expert);
  const inputs = lists;
  const outputs = lists + (<usize>group.count << 2);
  for (let j = 0; j < group.count; j++) {
    const member = memberAt(run, group, j);
    store<usize>(inputs + (<usize>j << 2), recordAt(run.hidden, member, hidden));
    store<usize>(outputs + (<usize>j << 2), (run.down + <usize>member * <usize>model.hiddenSize * 4));
  }
  matmul(expert.downData, expert.downKind, first, end, hidden, group.count, inputs, outputs, lists + run.widened);
  if (!expert.downBias) return;
  for (let j = 0; j < group.count; j++) {
    addTo(load<usize>(outputs + (<usize>j << 2)), expert.downBias, <usize>first << 6, <usize>end << 6);
  }
}

/** residual += weight * output, best expert first, for bytes `first` to `end` of every row that goes on. */
function combine(model: Model, run: Run, first: usize, end: usize): void {
  const k = model.expertsPerToken;
  const stride = <usize>model.hiddenSize << 2;
  for (let r = 0; r < run.ends; r++) {
    const x = run.residual + <usize>r * stride;
    for (let rank = 0; rank < k; rank++) {
      const member = <usize>(r * k + rank);
      const weight = v128.load32_splat(run.route + (member << 3), 4);
      const y = run.down + member * stride;
      for (let i = first; i < end; i += 16) {
        v128.store(x + i, f32x4.add(v128.load(x + i), f32x4.mul(weight, v128.load(y + i))));
      }
    }
  }
}

/** The down projections of all groups for this piece's columns; after the last groups all outputs join the residual stream. */
export function contract(model: Model, run: Run, lists: usize, piece: i32, pieces: i32): void {
  const tiles = model.hiddenSize >> 4;
  const first = shareStart(tiles, piece, pieces);
  const end = shareStart(tiles, piece + 1, pieces);
  for (let g = 0; g < run.groups; g++) contractGroup(model, run, groupAt(run, g), lists, first, end);
  if (run.combine) combine(model, run, <usize>first << 6, <usize>end << 6);
}
