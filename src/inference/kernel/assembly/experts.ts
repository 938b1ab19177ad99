import { barrier } from './barrier';
import { exp4, splat } from './math';
import { matmul, shareStart } from './matmul';
import { addTo } from './norm';
import { quantize, recordAt } from './quantize';
import { Expert, Group, Model, Run } from './state';

/** `Model.activation`. */
const CLAMPED_SWIGLU = 1;

/** gate = gate * sigmoid(gate) * up (SwiGLU, Shazeer 2020), f32, bytes `first` to `end`. */
function swiGlu(gate: usize, up: usize, first: usize, end: usize): void {
  for (let i = first; i < end; i += 16) {
    const g = v128.load(gate + i);
    const silu = f32x4.div(g, f32x4.add(splat(1), exp4(f32x4.neg(g))));
    v128.store(gate + i, f32x4.mul(silu, v128.load(up + i)));
  }
}

/** gate = (up + 1) * gate * sigmoid(alpha * gate), the gate clamped above, up on both sides (gpt-oss). */
function clampedSwiGlu(gate: usize, up: usize, first: usize, end: usize, alpha: f32, limit: f32): void {
  for (let i = first; i < end; i += 16) {
    const g = f32x4.min(v128.load(gate + i), splat(limit));
    const u = f32x4.max(f32x4.min(v128.load(up + i), splat(limit)), splat(-limit));
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

/** Gate, up and SwiGLU of one expert for this thread's hidden columns (whole blocks of 32), quantised. */
function expand(model: Model, run: Run, group: Group, lists: usize, thread: i32, threads: i32): void {
  const hidden = model.expertHiddenSize;
  const expert = changetype<Expert>(group.expert);
  const firstBlock = shareStart(hidden >> 5, thread, threads);
  const endBlock = shareStart(hidden >> 5, thread + 1, threads);
  const inputs = lists;
  const gates = lists + (<usize>group.count << 2);
  const ups = gates + (<usize>group.count << 2);
  for (let j = 0; j < group.count; j++) {
    const member = memberAt(run, group, j);
    store<usize>(inputs + (<usize>j << 2), recordAt(run.norm, member / model.expertsPerToken, model.hiddenSize));
    store<usize>(gates + (<usize>j << 2), recordAt(run.hidden, member, hidden));
    store<usize>(ups + (<usize>j << 2), (run.up + <usize>member * <usize>hidden * 4));
  }
  const first = firstBlock << 1;
  const end = endBlock << 1;
  matmul(expert.gateData, expert.gateKind, first, end, model.hiddenSize, group.count, inputs, gates);
  matmul(expert.upData, expert.upKind, first, end, model.hiddenSize, group.count, inputs, ups);
  for (let j = 0; j < group.count; j++) {
    const gate = load<usize>(gates + (<usize>j << 2));
    activate(model, expert, gate, load<usize>(ups + (<usize>j << 2)), <usize>firstBlock << 7, <usize>endBlock << 7);
    quantize(gate, hidden, firstBlock, endBlock);
  }
}

/** The down projection of one expert for this thread's columns. */
function contract(model: Model, run: Run, group: Group, lists: usize, first: i32, end: i32): void {
  const hidden = model.expertHiddenSize;
  const expert = changetype<Expert>(group.expert);
  const inputs = lists;
  const outputs = lists + (<usize>group.count << 2);
  for (let j = 0; j < group.count; j++) {
    const member = memberAt(run, group, j);
    store<usize>(inputs + (<usize>j << 2), recordAt(run.hidden, member, hidden));
    store<usize>(outputs + (<usize>j << 2), (run.down + <usize>member * <usize>model.hiddenSize * 4));
  }
  matmul(expert.downData, expert.downKind, first, end, hidden, group.count, inputs, outputs);
  if (!expert.downBias) return;
  for (let j = 0; j < group.count; j++) {
    addTo(load<usize>(outputs + (<usize>j << 2)), expert.downBias, <usize>first << 6, <usize>end << 6);
  }
}

/** residual += weight * output, best expert first, for bytes `first` to `end` of every row. */
function combine(model: Model, run: Run, first: usize, end: usize): void {
  const k = model.expertsPerToken;
  const stride = <usize>model.hiddenSize << 2;
  for (let r = 0; r < run.rows; r++) {
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

/** Runs the groups that the host has prepared; with the last of them the outputs join the residual stream. */
export function runExperts(
  model: Model, run: Run, control: usize, scratch: usize, thread: i32, threads: i32,
): void {
  for (let g = 0; g < run.groups; g++) {
    expand(model, run, changetype<Group>(run.groupTable + <usize>g * offsetof<Group>()), scratch, thread, threads);
  }
  barrier(control, threads);
  const tiles = model.hiddenSize >> 4;
  const first = shareStart(tiles, thread, threads);
  const end = shareStart(tiles, thread + 1, threads);
  for (let g = 0; g < run.groups; g++) {
    contract(model, run, changetype<Group>(run.groupTable + <usize>g * offsetof<Group>()), scratch, first, end);
  }
  if (run.combine) combine(model, run, <usize>first << 6, <usize>end << 6);
}
