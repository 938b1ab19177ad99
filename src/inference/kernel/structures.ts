import {
  ACTIVATION,
  EXPERT_FIELDS,
  LAYER_FIELDS,
  QUERY_KEY_NORM,
  ROUTER_SOFTMAX,
  words,
  type MODEL_FIELDS,
} from './abi.js';
import type { ModelConfig } from './config.js';
import type { PlacedTensors } from './tensors.js';

/** The words of a kernel's `Layer`. @param routerBias where it is; 0: none */
export function layerFields(
  { architecture }: ModelConfig,
  layer: number,
  attention: PlacedTensors,
  router: PlacedTensors,
  routerBias: number,
): Uint32Array {
  const [query, key, value, output] = ['q', 'k', 'v', 'o'].map((name) => attention.get(name));
  const window = architecture?.slidingWindow;
  return words(LAYER_FIELDS, {
    inputNorm: attention.get('norm').data,
    queryData: query.data,
    queryKind: query.kind,
    keyData: key.data,
    keyKind: key.kind,
    valueData: value.data,
    valueKind: value.kind,
    outputData: output.data,
    outputKind: output.kind,
    routerNorm: router.get('norm').data,
    router: router.get('weight').data,
    queryBias: attention.optional('q_bias'),
    keyBias: attention.optional('k_bias'),
    valueBias: attention.optional('v_bias'),
    outputBias: attention.optional('o_bias'),
    queryNorm: attention.optional('q_norm'),
    keyNorm: attention.optional('k_norm'),
    sinks: attention.optional('sinks'),
    window: window?.layers.includes(layer) ? window.positions : 0,
    routerBias,
  });
}

/** The words of a kernel's `Expert`. */
export function expertFields(tensors: PlacedTensors): Uint32Array {
  const [gate, up, down] = ['gate', 'up', 'down'].map((name) => tensors.get(name));
  return words(EXPERT_FIELDS, {
    gateData: gate.data,
    gateKind: gate.kind,
    upData: up.data,
    upKind: up.kind,
    downData: down.data,
    downKind: down.kind,
    gateBias: tensors.optional('gate_bias'),
    upBias: tensors.optional('up_bias'),
    downBias: tensors.optional('down_bias'),
  });
}

/** What a kernel's `Model` says of the architecture; an absent member means Mixtral's way. */
export function architectureFields({
  architecture,
}: ModelConfig): Pick<
  Record<(typeof MODEL_FIELDS)[number], number>,
  'queryKeyNorm' | 'routerSoftmax' | 'activation' | 'activationAlpha' | 'activationLimit'
> {
  const clamped = architecture?.clampedSwiglu;
  return {
    queryKeyNorm: QUERY_KEY_NORM[architecture?.queryKeyNorm ?? 'none'],
    routerSoftmax: ROUTER_SOFTMAX[architecture?.routerSoftmax ?? 'chosen'],
    activation: clamped ? ACTIVATION.clampedSwiglu : ACTIVATION.swiglu,
    activationAlpha: clamped?.alpha ?? 0,
    activationLimit: clamped?.limit ?? 0,
  };
}
