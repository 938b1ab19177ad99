import { json, text, JSON_TYPE, LINES_TYPE, CSV_TYPE, type Answers } from '../open-api-success.js';

const TASK = '`{task_id, task_type, action_type, risk, state, code, reason, plan_id, plan_hash, …}`';
const STEP =
  '`{task_id, step_id, type, state, attempts, approval, input_hash, output, output_hash, code, …}`';
const PLAN = json('`{plan_id, plan_hash, verdict, task_type, action_type, risk, parameters, steps, …}`');
const DECISION =
  '`{decision_id, type, action, subject, parameters, state, what, why, confidence, grounds, safety, evidence, helped, detail, …}`';
const STOP = '`{stopped, inference, by, reason, at}`';
const PROOF =
  '`{txid, leaf, leaf_hash, tree_size, hashes, checkpoint, log_key}`; `hashes` from the leaf upwards (RFC 6962)';
const ALERT =
  '`{alert_id, fingerprint, source, severity, state, summary, evidence, occurrences, returns, raised_at, seen_at, …}`';

/** How operations of tasks, decisions, guardians, monitoring and healing answer. */
export const AUTONOMY_ANSWERS: Answers = {
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
    200: json(
      '`{agent, hours, node, instance, span_ms, servers: [{node, instance}], items: [{at, count, status, score, measures, least, most}]}`: one server, cut into at most 600 spans of `span_ms`; `measures` are means, `least` and `most` are there where `count` is above one',
    ),
  },
  MonitoringController_list: { 200: json(`\`{open, items, next_cursor}\`; an item is ${ALERT}`) },
  MonitoringController_acknowledge: { 200: json(ALERT) },
  MonitoringController_healthReports: {
    200: json('`{every_hours, items: [{report_id, node, instance, at, status, report}], next_cursor}`'),
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
  GuardianController_stop: {
    200: json(
      `${STOP} and \`under_way\`: \`[{decision_id, type, action, subject, automatic}]\`, null where it is not known`,
    ),
  },
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
