// The kernel: all arithmetic of inference. The host (../) writes weights, dimensions and rows into the memory, then has all
// threads run one command after the other; between `attend` and `runExperts` it looks at the router's choice.

import { attend } from './attention';
import { awaitCommand, barrier, publishCommand } from './barrier';
import { embed } from './embed';
import { runExperts } from './experts';
import { computeLogits } from './head';
import { useSpill } from './matmul-int8';
import { fillFrequencies, fillYarnFrequencies } from './rope';
import { routeRows } from './router';
import { Model, recordBytes, Run } from './state';

const EMBED = 1;
const ATTEND = 2;
const EXPERTS = 3;
const LOGITS = 4;
const STOP = 5;

// Words of the control block that say what to do.
const COMMAND_KIND = 320;
const COMMAND_LAYER = 324;
const COMMAND_MODEL = 328;
const COMMAND_RUN = 332;
const COMMAND_THREADS = 336;

// Where the threads' accumulators pass through memory, a piece for each.
const SPILLS = 384;
const SPILL_BYTES = 256;

/** This thread's share of the command in the control block. What the leader reads afterwards is complete when it returns. */
function perform(control: usize, thread: i32): void {
  const kind = load<i32>(control, COMMAND_KIND);
  const layer = load<i32>(control, COMMAND_LAYER);
  const threads = load<i32>(control, COMMAND_THREADS);
  const model = changetype<Model>(load<usize>(control, COMMAND_MODEL));
  const run = changetype<Run>(load<usize>(control, COMMAND_RUN));
  const own = run.scratch + <usize>thread * <usize>run.scratchBytes;
  const scratch = own + ((recordBytes(model.hiddenSize) + 63) & ~63);
  if (kind == ATTEND) {
    attend(model, run, layer, control, own, scratch, thread, threads);
    if (run.rows == 1) {
      // the leader alone, while the helpers wait for the next command
      if (thread == 0) routeRows(model, run, layer, scratch, 0, 1);
      return;
    }
    routeRows(model, run, layer, scratch, thread, threads);
  } else if (kind == EXPERTS) {
    runExperts(model, run, control, scratch, thread, threads);
  } else if (kind == LOGITS) {
    computeLogits(model, run, control, scratch, thread, threads);
  }
  barrier(control, threads);
}

/** The leader's entry: runs one command with all threads and returns when it is done. */
export function execute(control: usize, kind: i32, layer: i32, model: usize, run: usize): void {
  if (kind == EMBED) return embed(changetype<Model>(model), changetype<Run>(run));
  useSpill(control + SPILLS);
  store<i32>(control, kind, COMMAND_KIND);
  store<i32>(control, layer, COMMAND_LAYER);
  store<usize>(control, model, COMMAND_MODEL);
  store<usize>(control, run, COMMAND_RUN);
  if (load<i32>(control, COMMAND_THREADS) > 1) publishCommand(control);
  if (kind != STOP) perform(control, 0);
}

/** A helper's entry: takes part in every command until STOP. `last` is the number of the last command before its time. */
export function help(control: usize, thread: i32, last: i32): void {
  useSpill(control + SPILLS + thread * SPILL_BYTES);
  while (true) {
    last = awaitCommand(control, last);
    if (load<i32>(control, COMMAND_KIND) == STOP) return;
    perform(control, thread);
  }
}

/** Writes f64 [headDim / 2 + 1]: rotation frequencies and the factor on cosines and sines, which is 1. */
export function frequencies(target: usize, headDim: i32, theta: f32): void {
  fillFrequencies(target, headDim, theta);
}

/** The same stretched by YaRN; an `attentionFactor` of 0 stands for the usual one. */
export function yarnFrequencies(
  target: usize, headDim: i32, theta: f32, factor: f64, originalPositions: f64,
  betaFast: f64, betaSlow: f64, truncate: bool, attentionFactor: f64,
): void {
  fillYarnFrequencies(
    target, headDim, theta, factor, originalPositions, betaFast, betaSlow, truncate, attentionFactor,
  );
}

export { exp4Test, exp64, log64, sin64 } from './math-exports';
export { allFinite } from './head';
export { matmul } from './matmul';
export { quantizeRecord } from './quantize';
export { rmsNorm } from './norm';
