export {
  analyseTrace,
  curvePicture,
  decodeTrace,
  encodeTrace,
  keepChoice,
  RoutingTraces,
  SIXTY_FOUR_EXPERTS,
  syntheticTrace,
  type Analysis,
  type RoutingTrace,
} from './cache-lab/index.js';
export {
  AnswerFees,
  NO_FEES,
  type AnswerFee,
  type FeeCollector,
  type ReservedFees,
} from './answers/answer-fees.js';
export { InferenceService, type AnswerListener } from './answers/inference.service.js';
export type { Answer, AnswerDelta, AnswerRequest, PreparedAnswer } from './answers/answer-request.js';
export { ENGINE_FACTORY, type EngineFactory } from './engine/engine-factory.js';
export { EngineHost } from './engine/engine-host.js';
export { EngineTuning, type EngineSize } from './engine/engine-tuning.js';
export { engineSize, mostStreams } from './engine/engine-size.js';
export { InferenceModule } from './inference.module.js';
export { LogitsService, type LogitsAnswer } from './logits/logits.service.js';
export { ModelCatalog } from './models/model-catalog.js';
export {
  ServingPlan,
  type CountedAnswers,
  type ReleaseFigures,
  type StagedRelease,
} from './models/serving-plan.js';
export { serveModel, type ServedModel } from './models/served-model.js';
export { disputeBundles } from './bundle/dispute-bundles.js';
export { DisputeService } from './receipts/dispute-service.js';
export type { Verdict } from './dispute/index.js';
export { checkSide, statementOf } from './dispute/statement-of.js';
export { AskingWitness, type AskNode } from './testimony/asking-witness.js';
export { FetchedReferee, type ReadBlock } from './testimony/fetched-referee.js';
export { documentOf, httpNode, type NodeAddress } from './testimony/http-node.js';
export { settleNodes, settleUnheard, type NodeVerdict, type UnheardSide } from './testimony/settle-nodes.js';
export { replayBundle, type ReplayProgress } from './bundle/replay-bundle.js';
export { kernelEngineFactory } from './engine/kernel-engine.js';
export { kernelPath } from './engine/kernel-path.js';
export { checkStatement } from './replay/check-statement.js';
export { replayReport, type ReplayReport } from './replay/replay-report.js';
export { TextMeter, type AnswerWish, type ScoredText } from './quality/text-meter.js';
export { ReceiptService } from './receipts/receipt-service.js';
export {
  parseEvidence,
  parseLogProof,
  parseReceipt,
  type Receipt,
  type ReceiptEvidence,
} from './receipt/index.js';
