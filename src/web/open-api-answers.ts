import type { OpenAPIObject } from '@nestjs/swagger';

/** One operation of an OpenAPI description. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain';
const BYTES_TYPE = 'application/octet-stream';
const LINES_TYPE = 'application/x-ndjson';
const STREAM_TYPE = 'text/event-stream';
const CSV_TYPE = 'text/csv';

/** What comes with a success: what it says, and the media types it can have. */
interface Success {
  readonly description: string;
  readonly types: readonly string[];
}

const json = (description: string): Success => ({ description, types: [JSON_TYPE] });
const text = (description: string): Success => ({ description, types: [TEXT_TYPE] });
const bytes = (description: string): Success => ({ description, types: [BYTES_TYPE] });
const lines = (description: string): Success => ({ description, types: [LINES_TYPE] });
const nothing = (description: string): Success => ({ description, types: [] });
const answer = (what: string): Success => ({
  description: `${what}; with \`stream: true\` server-sent events that end in \`[DONE]\`. A refusal after the first event is an event \`{error}\` without \`[DONE]\` behind it.`,
  types: [JSON_TYPE, STREAM_TYPE],
});

const BLOCKS = json('`{items: [{hash, header, …}]}`');
const PUBLISHED = '`{items: [{hash, index, created, name}]}`; `created` is false for a block that was there';
const UPLOAD = '`{upload_id, chunk_bytes, blocks: [{hash, payload_hash, size, received}]}`';
const ACCOUNT = '{id, name, email, roles, tier, disabled, created_at}';
const SIGNED_IN =
  '`{account, access_token, token_type, expires_in, refresh_token}`; with `cookie: true` the refresh token is in an HttpOnly cookie instead';
const REPORT = json('`{receipt_id, agrees, first_difference, parts: [{part, agrees, detail, token}]}`');

const TASK = '`{task_id, task_type, action_type, risk, state, code, reason, plan_id, plan_hash, …}`';
const STEP =
  '`{task_id, step_id, type, state, attempts, approval, input_hash, output, output_hash, code, …}`';
const MIRROR_RUN =
  '`{id, model, version, release, state, code, detail, created_at, finished_at, figures: {bias, fairness, toxicity, transparency}}`';
const PLAN = json('`{plan_id, plan_hash, verdict, task_type, action_type, risk, parameters, steps, …}`');
const DECISION =
  '`{decision_id, type, action, subject, parameters, state, what, why, confidence, grounds, safety, evidence, helped, detail, …}`';
const STOP = '`{stopped, inference, by, reason, at}`';
const PROOF =
  '`{txid, leaf, leaf_hash, tree_size, hashes, checkpoint, log_key}`; `hashes` from the leaf upwards (RFC 6962)';

const ALERT =
  '`{alert_id, fingerprint, source, severity, state, summary, evidence, occurrences, returns, raised_at, seen_at, …}`';

/** How every operation answers when it does not refuse, by its id and status. An operation without an entry is a bug. */
const ANSWERS: Readonly<Record<string, Readonly<Record<number, Success>>>> = {
  LogController_checkpoint: { 200: text('A signed note (C2SP tlog-checkpoint)') },
  LogController_key: { 200: text('The verifier key (C2SP vkey) and a line feed') },
  LogController_tile: { 200: bytes('The tile or bundle, as C2SP tlog-tiles lays it out; it never changes') },
  LogController_inclusion: {
    200: json('`{index, size, leaf_hash, path, checkpoint}`; `path` from the leaf upwards (RFC 6962)'),
  },
  LogController_consistency: { 200: json('`{first, second, path}` (RFC 6962)') },
  LogController_entries: { 200: json('`{items, next_cursor}`') },
  FsckController_run: { 200: lines('Lines of JSON: progress, at the end `{report}` or `{error}`') },
  ChainController_status: { 200: json('`{chains: [{id, height, head}]}`') },
  ChainController_part: { 200: json('`{nodes, edges, truncated}`; an edge leads to a block that is needed') },
  ChainController_list: { 200: json('`{items: [{hash, header, …}], next_cursor}`') },
  ChainController_publish: {
    200: json('The block was there already; `created` is false'),
    201: json('The block is new; `created` is true'),
  },
  ChainController_block: { 200: json('The block: its hash, header and place') },
  ChainController_parents: { 200: BLOCKS },
  ChainController_children: { 200: BLOCKS },
  PayloadController_payload: {
    200: { description: 'The whole payload', types: [BYTES_TYPE, JSON_TYPE] },
    206: { description: 'The range that was asked for', types: [BYTES_TYPE, JSON_TYPE] },
    304: nothing('The client has it: `If-None-Match` names its hash'),
  },
  GenesisController_hash: { 200: json('`{chain, hash, timestamp}`') },
  GgufController_file: { 200: bytes('The file; `Content-Length` is known from the start') },
  ImportController_import: { 200: lines('Lines of JSON: progress, at the end `{release}` or `{error}`') },
  ModelsController_list: { 200: json('`{items: [{name, live, releases}], next_cursor}`') },
  ModelsController_releases: {
    200: json('`{items: [{release, index, model, version, dtype, …, live}], next_cursor}`'),
  },
  ModelsController_promote: {
    200: json('The release; `moved` is false when it was live already; `decision` says how it was decided'),
    202: json('`{model, version, live: false, moved: false, decision}`: a guardian has been asked'),
  },
  ExpertsController_top: { 200: json('`{items: [{name, model, block, uses, …}], next_cursor, total}`') },
  ExpertsController_stats: { 200: json('`{name, uses, releases}`') },
  ExpertsController_cache: {
    200: json(
      '`{policy, bytes, budget, slots, hits, misses, evictions, failures, hit_rate, load_ms, prefetch: {loads, used, precision, recall}, lab: {model, policy, hit_rate, optimum, curves: [{experts, bytes, hit_rates}], …}}`; `lab` is null before `stemma cache-lab` has run',
    ),
  },
  TraceController_trace: { 200: bytes('The trace, as docs/formats/routing-trace.md lays it out') },
  UploadController_upload: { 200: json(`Multipart: ${PUBLISHED}. JSON: ${UPLOAD}`) },
  UploadController_state: { 200: json(UPLOAD) },
  UploadController_discard: { 204: nothing('It is gone, or was not there') },
  UploadController_chunk: { 200: json(UPLOAD) },
  UploadController_complete: { 200: json(PUBLISHED) },
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
      'The verdict: `{version, differs, wrong, place, values, detail, work}` (docs/formats/dispute.md)',
    ),
  },
  BundleController_bundle: { 200: { description: 'The archive', types: ['application/zip'] } },
  LogitsController_logits: { 200: json('`{model, version, release, positions, logits}`') },
  SessionController_register: { 201: json(SIGNED_IN) },
  SessionController_setUp: { 201: json(SIGNED_IN) },
  SessionController_login: { 200: json(SIGNED_IN) },
  SessionController_refresh: { 200: json(SIGNED_IN) },
  SessionController_logout: { 204: nothing('The session has ended') },
  MeController_me: {
    200: json(
      '`{subject, roles, account, scopes, single_user, registration}`; `account` is null without one',
    ),
  },
  MeController_changePassword: { 204: nothing('The password is changed, other sessions have ended') },
  PasswordController_renew: { 200: json(SIGNED_IN) },
  MeController_list: { 200: json('`{items: [{id, address, client, created_at, used_at, current}]}`') },
  MeController_end: { 204: nothing('The session has ended') },
  ApiKeysController_issue: {
    201: json('`{id, name, scopes, created_at, expires_at, used_at, key}`; `key` is shown this once'),
  },
  ApiKeysController_list: {
    200: json('`{items: [{id, name, scopes, created_at, expires_at, used_at}]}`'),
  },
  ApiKeysController_revoke: { 204: nothing('The key is worth nothing any more') },
  WalletController_nonce: { 200: json('`{nonce, message}`; `message` is what the wallet signs') },
  WalletController_verify: { 200: json(SIGNED_IN) },
  WalletController_unlink: { 204: nothing('The wallet opens the account no more') },
  WalletController_link: { 200: json('`{items: [address]}`, this one included') },
  WalletController_list: { 200: json('`{items: [address]}`') },
  AccountsController_list: { 200: json(`\`{items: [${ACCOUNT}], next_cursor}\``) },
  AccountsController_create: { 201: json(`The account: \`${ACCOUNT}\``) },
  AccountsController_passwordLink: {
    201: json('`{token, path, expires_at}`; `path` is opened on this server, the token is shown this once'),
  },
  AccountsController_change: { 200: json(`The account: \`${ACCOUNT}\``) },
  TasksController_start: { 201: json(TASK) },
  TasksController_list: { 200: json(`\`{items, next_cursor}\`; an item is ${TASK}`) },
  TasksController_one: { 200: json(`${TASK} and \`steps\``) },
  TasksController_status: {
    200: json('`{task_id, state, code, reason, updated_at, steps, done, step: {step_id, type, state}}`'),
  },
  TasksController_approve: { 200: json(TASK) },
  TasksController_cancel: { 200: json(TASK) },
  PlansController_create: { 201: PLAN },
  PlansController_execute: { 201: json(TASK) },
  PlansController_one: { 200: PLAN },
  ExecutionsController_execute: { 200: json(`${STEP}; of a task of several steps, its last one`) },
  ExecutionsController_one: { 200: json(STEP) },
  AuditController_list: {
    200: json('`{items: [{hash, txid, …}], next_cursor}`; `txid` is null until the log has numbered it'),
  },
  AuditController_record: { 201: json('The record and its `hash`') },
  AuditController_verifyRecord: { 200: json(`\`record_hash\` and ${PROOF}`) },
  AuditController_write: { 200: json(PROOF) },
  AuditController_verify: { 200: json(PROOF) },
  AuditController_tx: { 200: json(PROOF) },
  PolicyController_show: { 200: json('`{version, rules, problem, task_types}`') },
  PolicyController_replay: {
    200: json('`{asked, differing, items: [{task, action_type, before, after, differs}]}`'),
  },
  MonitoringController_agents: {
    200: json(
      '`{every_minutes, items: [{name, about, status, score, detail, measures, at, took_ms}]}`; `status` is ok, warning, critical or unknown',
    ),
  },
  MonitoringController_run: {
    200: json('`{agent, at, took_ms, status, score, detail, measures, troubles}`'),
  },
  MonitoringController_history: {
    200: json('`{agent, items: [{agent, node, at, status, score, detail, measures}]}`'),
  },
  MonitoringController_list: { 200: json(`\`{open, items, next_cursor}\`; an item is ${ALERT}`) },
  MonitoringController_acknowledge: { 200: json(ALERT) },
  MonitoringController_healthReports: {
    200: json('`{every_hours, items: [{report_id, node, at, status, report}], next_cursor}`'),
  },
  HealingController_status: {
    200: json(
      '`{mode, every_s, autonomy, success: {attempts, helped, rate, remedies}, causes, remedies, vitals, open}`',
    ),
  },
  HealingController_incidents: {
    200: json(
      '`{items: [{incident_id, cause, state, severity, summary, remedy, attempts, steps, evidence, began_at, opened_at, closed_at, …}], next_cursor}`',
    ),
  },
  HealingController_diagnose: {
    200: json('`{vitals, processes, symptoms: [{cause, summary, evidence, match}]}`'),
  },
  HealingController_act: { 200: json('`{remedy, detail}`') },
  NotificationsController_show: {
    200: json(
      '`{escalate_after_minutes, channels: [{name, target, pending, sent, failed, last_sent_at, last_error, last_error_at}], items}`',
    ),
  },
  NotificationsController_acknowledge: {
    200: json('`{id, key, kind, severity, title, acknowledged_by, acknowledged_reason, settled_at, …}`'),
  },
  NotificationsController_test: { 200: json('`{results: [{channel, ok, code, detail, took_ms}]}`') },
  TruthMirrorController_start: { 202: json(MIRROR_RUN) },
  TruthMirrorController_list: { 200: json(`\`{items, next_cursor}\`; an item is ${MIRROR_RUN}`) },
  TruthMirrorController_one: { 200: json(`${MIRROR_RUN} and \`report\`, null until it is completed`) },
  RewardsController_balance: {
    200: json(
      '`{account, asset, balance, available, debits: {pending, posted}, credits: {pending, posted}}`; units as strings of digits',
    ),
  },
  RewardsController_statement: {
    200: json(
      '`{items, next_cursor}`; an item is `{transfer, sequence, kind, debit, credit, amount, pending_id, code, reference, block, at}`',
    ),
  },
  RewardsController_policyInForce: {
    200: json(
      '`{supply, yearly_cap, learning_per_percent, usage, alpha, beta, catalyst, least_payout, epoch_ms}`',
    ),
  },
  AutonomousController_decide: {
    200: json(
      `${DECISION}; with \`dry_run\` what would happen: \`{dry_run: true, state, confidence, grounds, …}\``,
    ),
  },
  AutonomousController_list: { 200: json(`\`{items: […], next_cursor}\`, each ${DECISION}`) },
  AutonomousController_one: { 200: json(`${DECISION} with \`escalation\``) },
  AutonomousController_figures: {
    200: json(
      '`{decisions, reliability: [{from, to, count, confidence, successRate}], brier, ece, regret, counts, types}`',
    ),
  },
  GuardianController_dashboard: {
    200: json('`{autonomy, escalations, decisions, audit, matrix, safety, stages, engine, actions}`'),
  },
  GuardianController_list: {
    200: json(
      '`{items: [{escalation_id, state, asked_at, expires_at, if_nobody_answers, decision, …}], next_cursor}`',
    ),
  },
  GuardianController_approve: { 200: json(DECISION) },
  GuardianController_reject: { 200: json(DECISION) },
  GuardianController_override: { 200: json(DECISION) },
  GuardianController_stop: { 200: json(STOP) },
  GuardianController_resume: { 200: json(STOP) },
  GuardianController_rollback: { 200: json('`{decisions: […]}`: what was gone back to') },
  GuardianController_state: { 200: json('`{stopped, inference, at}`') },
  GuardianAuditController_list: {
    200: {
      description:
        '`{items: [{hash, txid, event, actor, …, leaf, proof}], next_cursor, checkpoint, log_key}`; as lines, the first one holds checkpoint and key',
      types: [JSON_TYPE, CSV_TYPE, LINES_TYPE],
    },
  },
  MonitorController_config: { 200: json('`{thresholds, defaults, security_score}`') },
  MonitorController_history: {
    200: json('`{items: [{hash, txid, at, actor, reason, from, to}]}`; `from` and `to` hold every limit'),
  },
  MonitorController_tune: { 200: json('`{thresholds}`') },
  MonitorController_validate: { 200: json('`{outcome, checks: [{name, value, limit, outcome, detail}]}`') },
  OperationsController_getHealth: { 200: json('`{status: "ok", uptime_s}`') },
  OperationsController_getReadiness: {
    200: json('`{status, probes}`; `status` is `ok` or `degraded`'),
    503: json('The same, and `status` is `failed`'),
  },
  OperationsController_getMetrics: { 200: text('Prometheus text format') },
  OperationsController_getVersion: {
    200: json(
      '`{name, version, commit, node, engine, kernel, kernel_compilation, backend, device, …}`; `kernel_compilation` is `joined` or `plain` (the same bits, slower); backend and device where TensorFlow.js computes',
    ),
  },
};

/** The operations that have an entry. */
export const ANSWERED = Object.keys(ANSWERS);

/** Says of an operation how it answers when it does not refuse. Throws for one that nothing is known of. */
export function describeAnswers(operation: Operation): void {
  const id = operation.operationId ?? '';
  if (!Object.hasOwn(ANSWERS, id)) throw new Error(`nothing says how ${id} answers`);
  operation.responses = Object.fromEntries(
    Object.entries(ANSWERS[id]).map(([status, { description, types }]) => [
      status,
      { description, ...(types.length > 0 && { content: contentOf(types) }) },
    ]),
  );
}

/** Whether the answer is a stream of lines, which is not kept for repetitions. */
export function answersInLines({ operationId = '' }: Operation): boolean {
  return Object.values(ANSWERS[operationId]).some(({ types }) => types.includes(LINES_TYPE));
}

function contentOf(types: readonly string[]) {
  return Object.fromEntries(types.map((type) => [type, { schema: schemaOf(type) }]));
}

function schemaOf(type: string) {
  if (type === JSON_TYPE) return { type: 'object', additionalProperties: true };
  const readable = [TEXT_TYPE, CSV_TYPE, STREAM_TYPE, LINES_TYPE].includes(type);
  return readable ? { type: 'string' } : { type: 'string', format: 'binary' };
}
