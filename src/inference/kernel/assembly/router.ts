import { exp4, splat } from './math';
import { dotFloat, rmsNorm } from './norm';
import { quantizeRecord, recordAt } from './quantize';
import { Layer, Model, Run } from './state';

/** The k experts with the greatest logits (ties: lowest number), best first, with softmax over the chosen as weights. */
function choose(model: Model, logits: usize, route: usize): void {
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
  for (let rank = 0; rank < k; rank++) {
    store<f32>(route + ((<usize>rank) << 3), load<f32>(route + ((<usize>rank) << 3), 4) / sum, 4);
  }
}

/** Normalises, quantises and routes the rows of this thread. The router itself is never quantised. */
export function routeRows(
  model: Model,
  run: Run,
  layerIndex: i32,
  scratch: usize,
  thread: i32,
  threads: i32,
): void {
  const layer = changetype<Layer>(model.layerTable + <usize>layerIndex * offsetof<Layer>());
  const size = model.hiddenSize;
  for (let r = thread; r < run.rows; r += threads) {
    const record = recordAt(run.norm, r, size);
    rmsNorm(run.residual + <usize>r * <usize>size * 4, layer.routerNorm, size, model.rmsEpsilon, record);
    quantizeRecord(record, size);
    for (let e = 0; e < model.experts; e++) {
      const logit = dotFloat(record, layer.router + <usize>e * <usize>size * 4, size);
      store<f32>(scratch + ((<usize>e) << 2), logit);
    }
    choose(model, scratch, run.route + <usize>(r * model.expertsPerToken) * 8);
  }
}
