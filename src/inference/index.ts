export { InferenceService, type AnswerListener } from './answers/inference.service.js';
export type { Answer, AnswerDelta, AnswerRequest, PreparedAnswer } from './answers/answer-request.js';
export { EngineHost, ENGINE_FACTORY, type EngineFactory } from './engine/engine-host.js';
export { InferenceModule } from './inference.module.js';
export { LogitsService, type LogitsAnswer } from './logits/logits.service.js';
export { ModelCatalog } from './models/model-catalog.js';
export type { ServedModel } from './models/served-model.js';
