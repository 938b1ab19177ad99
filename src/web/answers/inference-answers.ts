import { json, answer, type Answers } from '../open-api-success.js';

const REPORT = json('`{receipt_id, agrees, first_difference, parts: [{part, agrees, detail, token}]}`');
const MIRROR_RUN =
  '`{id, model, version, release, state, code, detail, created_at, finished_at, figures: {bias, fairness, toxicity, transparency}}`';

/** How operations of models that are asked, and of receipts answer. */
export const INFERENCE_ANSWERS: Answers = {
  OpenAiController_chatCompletions: { 200: answer('A chat completion as OpenAI has it, and `receipt_id`') },
  OpenAiController_completions: { 200: answer('A completion as OpenAI has it, and `receipt_id`') },
  EmbeddingsController_create: {
    200: json('`{object: "list", data: [{object: "embedding", index, embedding}], model, usage}`'),
  },
  OpenAiController_models: { 200: json('`{object: "list", data: [model]}`') },
  OpenAiController_model: { 200: json('`{id, object: "model", created, owned_by, version, release}`') },
  ChatController_chat: { 200: answer('`{response, usage, timings, receipt_id, …}`') },
  ReceiptsController_list: { 200: json('`{items: [{id, model, version, release, …}], next_cursor}`') },
  ReceiptsController_verify: { 200: REPORT },
  ReceiptsController_one: {
    200: json(
      '`{receipt, evidence, log}`; `evidence` is null for whoever may not see the answer; a receipt of TensorFlow.js has `exact: false`, `backend`, `device`',
    ),
  },
  ReceiptsController_replay: { 200: REPORT },
  DisputeController_dispute: {
    200: json(
      'The verdict: `{version, differs, wrong, place, values, detail, work}`, and with a node `method` and `unheard` (docs/formats/dispute.md)',
    ),
  },
  TestimonyController_testify: {
    200: json(
      '`{version, receipt, question, rows, node, signature}`, one row per token or position (docs/formats/dispute.md)',
    ),
  },
  BundleController_bundle: { 200: { description: 'The archive', types: ['application/zip'] } },
  LogitsController_logits: { 200: json('`{model, version, release, positions, logits}`') },
  TruthMirrorController_start: { 202: json(MIRROR_RUN) },
  TruthMirrorController_list: { 200: json(`\`{items, next_cursor}\`; an item is ${MIRROR_RUN}`) },
  TruthMirrorController_one: { 200: json(`${MIRROR_RUN} and \`report\`, null until it is completed`) },
};
