import { exp4, splat } from './math';
import { shareStart } from './matmul';
import { dotFloat, rmsNorm } from './norm';
import { quantizeRecord, recordAt } from './quantize';
import { Layer, layerAt, Model, Run } from './state';

/** `Model.routerSoftmax`: weights are shares of the softmax over all experts. */
const ROUTER_SOFTMAX_ALL = 1;

/** The sum of e^(logit - greatest) over all experts, in the order of their numbers. */
function sumOverAll(model: Model, logits: usize): f32 {
  let greatest: f32 = -Infinity;
  for (let e = 0; e < model.experts; e++) greatest = max(greatest, load<f32>(logits + ((<usize>e) << 2)));
  let sum: f32 = 0;
  for (let e = 0; e < model.experts; e++) {
    sum += f32x4.extract_lane(exp4(splat(load<f32>(logits + ((<usize>e) << 2)) - greatest)), 0);
  }
  return sum;
}

/**
 * The k experts with the greatest logits (ties: lowest number), best first. Their weights are a softmax over the chosen, or
 * their shares of the softmax over all.
 */
function choose(model: Model, logits: usize, route: usize): void {
  const total: f32 = model.routerSoftmax == ROUTER_SOFTMAX_ALL ? sumOverAll(model, logits) : 0;
  const k = model.expertsPerToken;
  let best: f32 = 0;
  let sum: f32 = 0;
  for (let rank = 0; rank < k; rank++) {
    let chosen = 0;
    let greatest: f32 = -Infinity;
    for (let e = 0; e < model.experts; e++) {
      const logit = load<f32>(logits + ((<usize>e) << 2));
      if (logit > greatest) {
        greatest = logit;
        chosen = e;
      }
    }
    store<f32>(logits + ((<usize>chosen) << 2), -Infinity);
    if (rank == 0) best = greatest;
    const weight = f32x4.extract_lane(exp4(splat(greatest - best)), 0);
    sum += weight;
    store<i32>(route + ((<usize>rank) << 3), chosen);
    store<f32>(route + ((<usize>rank) << 3), weight, 4);
  }
  if (total > 0) sum = total;
  for (let rank = 0; rank < k; rank++) {
    store<f32>(route + ((<usize>rank) << 3), load<f32>(route + ((<usize>rank) << 3), 4) / sum, 4);
  }
}

/** Normalises, quantises and routes this piece's rows. The router itself is never quantised. */
export function routeRows(model: Model, run: Run, layerIndex: i32, scratch: usize, piece: i32, pieces: i32): void {
  const layer = layerAt(model, layerIndex);
  const end = shareStart(run.ends, piece + 1, pieces);
  for (let r = shareStart(run.ends, piece, pieces); r < end; r++) routeRow(model, run, layer, r, scratch);
}

/** @param logits f32 [E]: scratch */
function routeRow(model: Model, run: Run, layer: Layer, r: i32, logits: usize): void {
  const size = model.hiddenSize;
  const record = recordAt(run.norm, r, size);
  rmsNorm(run.residual + <usize>r * <usize>size * 4, layer.routerNorm, size, model.rmsEpsilon, record);
  quantizeRecord(record, size);
  for (let e = 0; e < model.experts; e++) {
    store<f32>(logits + (<usize>e << 2), dotFloat(record, layer.router + <usize>e * <usize>size * 4, size));
  }
  if (layer.routerBias) {
    for (let e: usize = 0; e < <usize>model.experts << 2; e += 4) {
      store<f32>(logits + e, load<f32>(logits + e) + load<f32>(layer.routerBias + e));
    }
  }
  choose(model, logits, run.route + <usize>(r * model.expertsPerToken) * 8);
}
