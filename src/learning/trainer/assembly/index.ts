// The training kernel: every operation that the tape (../tape.ts) knows, forward and backward. The host writes one operation after
// the other into the memory; all threads share out its pieces and meet at its end. Within a piece everything is done in one fixed
// order, and no result depends on where pieces begin: one thread or many give the same bits.

import {
  awaitOffer, awaitPieces, done, offer, Phase, piecesOf, STOP, take,
} from '../../../inference/kernel/assembly/phase';
import { fillFrequencies, fillRope, fillYarnFrequencies } from '../../../inference/kernel/assembly/rope';
import { activate, activateBackward, activationUnits } from './activation';
import {
  attend, attendBackward, attendBackwardUnits, attendUnits, attendWork, sinkGradient,
} from './attention';
import { add, addBias, biasGradient, fill } from './elementwise';
import { gemm, GEMM_SCRATCH, gemmUnits, gemmWork } from './gemm';
import { crossEntropy } from './loss';
import { norm, normBackward, normFactors, normWeightGradient, normWeightUnits } from './norm';
import {
  ACTIVATE, ACTIVATE_BACKWARD, ADAM, ADD, ADD_BIAS, ATTEND, ATTEND_BACKWARD, BIAS_GRADIENT, COMBINE, COMBINE_BACKWARD,
  CROSS_ENTROPY, EMBED_GRADIENT, FILL, GATHER_BACKWARD, GEMM, NORM, NORM_BACKWARD, NORM_WEIGHT_GRADIENT, ROTATE, ROUTE,
  ROUTE_BACKWARD, SINK_GRADIENT, SUM_SQUARES, TAKE_ROWS, word,
} from './operation';
import { adam, adamUnits, squareUnits, sumSquares } from './optimizer';
import { rotate } from './rotate';
import { route, routeBackward } from './routing';
import { columnUnits, combine, combineBackward, embedGradient, gatherBackward, takeRows } from './rows';

/** `Phase.kind` of the tape's operations: far from the numbers that phase.ts gives to its own. */
const FIRST_KIND = 100;

/** One piece of an operation, on one thread. `phase.model` is the operation, `phase.run` the threads' scratch memory. */
function perform(phase: Phase, piece: i32, thread: i32): void {
  const operation = phase.model;
  const pieces = phase.pieces;
  const scratch = phase.run + <usize>thread * <usize>phase.layer;
  switch (phase.kind - FIRST_KIND) {
    case GEMM: return gemm(operation, scratch, piece, pieces);
    case NORM: return norm(operation, piece, pieces);
    case NORM_BACKWARD: return normBackward(operation, piece, pieces);
    case NORM_WEIGHT_GRADIENT: return normWeightGradient(operation, piece, pieces);
    case ROTATE: return rotate(operation, piece, pieces);
    case ATTEND: return attend(operation, scratch, piece, pieces);
    case ATTEND_BACKWARD: return attendBackward(operation, scratch, piece, pieces);
    case SINK_GRADIENT: return sinkGradient(operation, piece, pieces);
    case ACTIVATE: return activate(operation, piece, pieces);
    case ACTIVATE_BACKWARD: return activateBackward(operation, piece, pieces);
    case ROUTE: return route(operation, piece, pieces);
    case ROUTE_BACKWARD: return routeBackward(operation, piece, pieces);
    case TAKE_ROWS: return takeRows(operation, piece, pieces);
    case GATHER_BACKWARD: return gatherBackward(operation, piece, pieces);
    case COMBINE: return combine(operation, piece, pieces);
    case COMBINE_BACKWARD: return combineBackward(operation, piece, pieces);
    case CROSS_ENTROPY: return crossEntropy(operation, piece, pieces);
    case EMBED_GRADIENT: return embedGradient(operation, piece, pieces);
    case ADD: return add(operation, piece, pieces);
    case FILL: return fill(operation, piece, pieces);
    case ADD_BIAS: return addBias(operation, piece, pieces);
    case BIAS_GRADIENT: return biasGradient(operation, piece, pieces);
    case SUM_SQUARES: return sumSquares(operation, piece, pieces);
    case ADAM: return adam(operation, piece, pieces);
    default: unreachable();
  }
}

/** Into how many parts an operation can be cut. */
function unitsOf(kind: i32, operation: usize): i32 {
  switch (kind) {
    case GEMM: return gemmUnits(operation);
    case NORM: return word(operation, 3);
    case NORM_BACKWARD: return word(operation, 4);
    case NORM_WEIGHT_GRADIENT: return normWeightUnits(operation);
    case ROTATE: return word(operation, 1);
    case ATTEND: return attendUnits(operation);
    case ATTEND_BACKWARD: return attendBackwardUnits(operation);
    case SINK_GRADIENT: return word(operation, 7);
    case ACTIVATE:
    case ACTIVATE_BACKWARD: return activationUnits(operation);
    case CROSS_ENTROPY: return word(operation, 1);
    case EMBED_GRADIENT: return columnUnits(word(operation, 4));
    case ADD:
    case FILL: return (word(operation, 2) + 3) >> 2;
    case ADD_BIAS: return word(operation, 2);
    case SUM_SQUARES: return squareUnits(operation);
    case ADAM: return adamUnits(operation);
    default: return word(operation, 3); // rows, or columns of a bias
  }
}

/** Roughly what an operation costs, in multiplications. */
function workOf(kind: i32, operation: usize, units: i32): f64 {
  if (kind == GEMM) return gemmWork(operation);
  if (kind == ATTEND) return attendWork(operation) * 2;
  if (kind == ATTEND_BACKWARD) return attendWork(operation) * 6;
  if (kind == CROSS_ENTROPY) return <f64>units * <f64>word(operation, 2) * 8;
  if (kind == SUM_SQUARES) return <f64>units * 4096;
  if (kind == ACTIVATE || kind == ACTIVATE_BACKWARD || kind == ADAM) return <f64>units * 64;
  if (kind == ADD || kind == FILL) return <f64>units * 4;
  return <f64>units * 1024;
}

/** The leader's entry: carries out one operation with all threads. @param scratch as much for each thread as `scratchBytes` says */
export function execute(control: usize, kind: i32, operation: usize, scratch: usize, scratchBytes: i32): void {
  const phase = changetype<Phase>(control);
  if (kind == NORM_WEIGHT_GRADIENT) normFactors(operation);
  const units = unitsOf(kind, operation);
  if (units <= 0) return;
  phase.kind = FIRST_KIND + kind;
  phase.model = operation;
  phase.run = scratch;
  phase.layer = scratchBytes;
  phase.pieces = piecesOf(phase, workOf(kind, operation, units), units);
  if (phase.pieces == 1) return perform(phase, 0, 0);
  offer(phase);
  for (let piece = take(phase); piece >= 0; piece = take(phase)) {
    perform(phase, piece, 0);
    done(phase);
  }
  awaitPieces(phase);
}

/** The leader ends the helpers. */
export function stop(control: usize): void {
  const phase = changetype<Phase>(control);
  phase.kind = STOP;
  phase.pieces = 0x7fff;
  offer(phase);
}

/** A helper's entry: takes pieces of every operation until the leader says stop. */
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

/** Bytes of scratch memory that each thread needs for sequences of so many tokens. */
export function scratchBytes(longest: i32): usize {
  return (max(GEMM_SCRATCH, <usize>(longest + 4) << 2) + 63) & ~63;
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

/** f32 [positions][headDim]: cosines, then sines, of all angles at every position. */
export function rotations(frequencyTable: usize, headDim: i32, positions: i32, target: usize): void {
  for (let p = 0; p < positions; p++) fillRope(frequencyTable, headDim, p, target + ((<usize>p * <usize>headDim) << 2));
}
