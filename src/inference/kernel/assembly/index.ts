// The kernel: all arithmetic of inference. The host (../) writes weights, dimensions and rows into the memory, then has the
// leader run one command after the other, each a few phases that all threads share; between `attend` and `runExperts` the host
// looks at the router's choice.

import { mixHeads, normalizeRows, normalizeWidths, project, projectOutput } from './attention';
import { embed } from './embed';
import { contract, expand, expertBlocks } from './experts';
import { computeLogits, normalizeHeads } from './head';
import {
  ATTEND, awaitOffer, awaitPieces, CONTRACT, done, EMBED, EXPAND, EXPERTS, HEAD_NORM, LOGITS, MIX, NORMALIZE,
  NORMALIZE_WIDTHS, offer, OUTPUT, Phase, piecesOf, PROJECT, ROUTE, STOP, take,
} from './phase';
import { fillFrequencies, fillYarnFrequencies } from './rope';
import { routeRows } from './router';
import { groupAt, Model, NORM_WIDTH, rowAt, Run } from './state';

/** One piece of a phase, on one thread. */
function perform(phase: Phase, piece: i32, thread: i32): void {
  const kind = phase.kind;
  const pieces = phase.pieces;
  const layer = phase.layer;
  const model = changetype<Model>(phase.model);
  const run = changetype<Run>(phase.run);
  const scratch = run.scratch + <usize>thread * <usize>run.scratchBytes;
  if (kind == PROJECT) project(model, run, layer, scratch, piece, pieces);
  else if (kind == MIX) mixHeads(model, run, layer, scratch, piece, pieces);
  else if (kind == OUTPUT) projectOutput(model, run, layer, scratch, piece, pieces);
  else if (kind == EXPAND) expand(model, run, scratch, piece, pieces);
  else if (kind == CONTRACT) contract(model, run, scratch, piece, pieces);
  else if (kind == LOGITS) computeLogits(model, run, scratch, piece, pieces);
  else if (kind == ROUTE) routeRows(model, run, layer, scratch, piece, pieces);
  else if (kind == NORMALIZE) normalizeRows(model, run, layer, piece, pieces);
  else if (kind == NORMALIZE_WIDTHS) normalizeWidths(model, run, layer, piece, pieces);
  else if (kind == HEAD_NORM) normalizeHeads(model, run, piece, pieces);
}

/**
 * The leader runs a phase with all threads, or alone where it is not worth a meeting.
 * @param work multiplications  @param most pieces it can be cut into
 */
function runPhase(phase: Phase, kind: i32, work: f64, most: i32): void {
  phase.kind = kind;
  phase.pieces = piecesOf(phase, work, most);
  if (phase.pieces == 1) return perform(phase, 0, 0);
  offer(phase);
  for (let piece = take(phase); piece >= 0; piece = take(phase)) {
    perform(phase, piece, 0);
    done(phase);
  }
  awaitPieces(phase);
}

/** The attention half of a layer, up to the router's choice: of all rows keys and values, the rest only of those that go on. */
function attend(phase: Phase, model: Model, run: Run): void {
  const size = <f64>model.hiddenSize;
  const rows = <f64>run.rows;
  const ends = <f64>run.ends;
  const heads = model.heads + 2 * model.kvHeads;
  const columns = <f64>(2 * model.kvHeads * model.headDim);
  const queries = <f64>(model.heads * model.headDim);
  const last = rowAt(run, max(run.ends, 1) - 1);
  runPhase(phase, NORMALIZE, rows * size * 8, run.rows);
  runPhase(phase, PROJECT, (rows * columns + ends * queries) * size, heads);
  if (model.queryKeyNorm == NORM_WIDTH) runPhase(phase, NORMALIZE_WIDTHS, (rows * columns + ends * queries) * 8, run.rows);
  runPhase(phase, MIX, ends * queries * <f64>(2 * last.position + 32), run.ends * model.heads);
  runPhase(phase, OUTPUT, ends * size * <f64>model.attentionWidth, model.hiddenSize >> 4);
  runPhase(phase, ROUTE, ends * size * <f64>(model.experts + 8), run.ends);
}

/** The groups that the host has prepared; with the last of them the outputs join the residual stream. */
function runExperts(phase: Phase, model: Model, run: Run): void {
  const products = <f64>model.hiddenSize * <f64>model.expertHiddenSize * <f64>membersOf(run);
  runPhase(phase, EXPAND, 2 * products, expertBlocks(model, run));
  runPhase(phase, CONTRACT, products, model.hiddenSize >> 4);
}

/** Rows in all groups together. */
function membersOf(run: Run): i32 {
  let members = 0;
  for (let g = 0; g < run.groups; g++) members += groupAt(run, g).count;
  return members;
}

/** Logits of the rows that want them. */
function readOut(phase: Phase, model: Model, run: Run): void {
  const size = <f64>model.hiddenSize * <f64>run.logitRows;
  runPhase(phase, HEAD_NORM, size * 8, run.logitRows);
  runPhase(phase, LOGITS, size * <f64>model.vocabSize, (model.vocabSize + 15) >> 4);
}

/**
 * The leader's entry: runs one command with all threads and returns when it is done. It was `execute` before there was `Run.ends`: a host
 * that does not write that word finds no entry, instead of another answer.
 */
export function carryOut(control: usize, kind: i32, layer: i32, modelAddress: usize, runAddress: usize): void {
  const phase = changetype<Phase>(control);
  const model = changetype<Model>(modelAddress);
  const run = changetype<Run>(runAddress);
  if (kind == EMBED) return embed(model, run);
  phase.layer = layer;
  phase.model = modelAddress;
  phase.run = runAddress;
  if (kind == ATTEND) attend(phase, model, run);
  else if (kind == EXPERTS) runExperts(phase, model, run);
  else if (kind == LOGITS) readOut(phase, model, run);
  else if (kind == STOP) {
    phase.kind = STOP;
    phase.pieces = 0x7fff;
    offer(phase);
  }
}

/** A helper's entry: takes pieces of every phase until STOP. */
export function help(control: usize, thread: i32): void {
  const phase = changetype<Phase>(control);
  while (true) {
    const piece = take(phase);
    if (piece < 0) {
      awaitOffer(phase);
      continue;
    }
    if (phase.kind == STOP) return;
    perform(phase, piece, thread);
    done(phase);
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

export { arrange } from './arrange';
export { exp4Test, exp64, log64, sin64 } from './math-exports';
export { greatestAt } from './head';
export { matmul } from './matmul';
export { quantizeRecord } from './quantize';
export { rmsNorm } from './norm';
