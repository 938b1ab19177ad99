export { analyseTrace, type Analysis } from './analyse.js';
export { curvePicture } from './curve-svg.js';
export { keepChoice, latestChoice, type PolicyChoice } from './policy-choice.js';
export { RoutingTraces } from './routing-traces.js';
export { SIXTY_FOUR_EXPERTS, syntheticTrace } from './synthetic-trace.js';
export { decodeTrace, encodeTrace, type RoutingTrace } from '../kernel/index.js';
