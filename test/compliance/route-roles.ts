import { mayAct, type NeededScope, type RoleName, type Scope } from '../../src/auth/index.js';

/** Who may call a route: these roles (an admin always), with this scope if an API key is used. */
export interface RouteRule {
  readonly roles: readonly RoleName[];
  readonly scope: NeededScope;
}

const rule = (scope: NeededScope, ...roles: RoleName[]): RouteRule => ({ scope, roles });

/** Anybody reads it; a key without `read` sees what anybody sees. */
const OPEN = rule('read', 'public');
/** Anybody sends it. */
const OPEN_WRITE = rule('admin', 'public');
const PERSON = rule('session', 'user');
const ADMIN = rule('admin');
const INFERENCE = rule('inference', 'user');
const TASKS = rule('tasks', 'user', 'guardian');
const GUARDIAN = rule('guardian', 'guardian');
/** Whoever has an account; a key needs the scope of those who publish. */
const DATASETS = rule('chain:write', 'user');
const PUBLISHING = rule('chain:write', 'contributor', 'node');

/** What was decided for every route. A route that is not here fails the test: somebody has to decide. */
export const ROUTE_RULES: Readonly<Record<string, RouteRule>> = {
  'POST /api/register': OPEN_WRITE,
  'POST /api/setup': OPEN_WRITE,
  'POST /api/login': OPEN_WRITE,
  'POST /api/password': OPEN_WRITE,
  'POST /api/refresh': OPEN_WRITE,
  'POST /api/logout': PERSON,
  'GET /api/me': OPEN,
  'PATCH /api/me/password': PERSON,
  'GET /api/me/sessions': PERSON,
  'DELETE /api/me/sessions/{id}': PERSON,
  'POST /auth/register': PERSON,
  'GET /auth/keys': PERSON,
  'DELETE /auth/keys/{id}': PERSON,
  'POST /auth/wallet/nonce': OPEN_WRITE,
  'POST /auth/wallet/verify': OPEN_WRITE,
  'POST /auth/wallet/link': PERSON,
  'GET /auth/wallet': PERSON,
  'DELETE /auth/wallet/{address}': PERSON,
  'GET /api/accounts': ADMIN,
  'POST /api/accounts': ADMIN,
  'POST /api/accounts/{id}/password-link': ADMIN,
  'PATCH /api/accounts/{id}': ADMIN,

  'GET /log/checkpoint': OPEN,
  'GET /log/key': OPEN,
  'GET /log/tile/{path}': OPEN,
  'GET /log/proof/inclusion': OPEN,
  'GET /log/proof/consistency': OPEN,
  'GET /log/entries': OPEN,

  'POST /api/snapshots': ADMIN,
  'POST /chain/fsck': ADMIN,
  'GET /chain/status': OPEN,
  'GET /chain/B/graph': OPEN,
  'GET /chain/{id}/blocks': OPEN,
  'POST /chain/{id}/blocks': PUBLISHING,
  'GET /chain/{id}/blocks/{hash}': OPEN,
  'GET /chain/{id}/blocks/{hash}/parents': OPEN,
  'GET /chain/{id}/blocks/{hash}/children': OPEN,
  'GET /chain/{id}/blocks/{hash}/payload': OPEN,
  'GET /chain/{id}/blocks/{hash}/delta': OPEN,
  'GET /genesis/hash': OPEN,

  'GET /models': OPEN,
  'GET /models/{name}/releases': OPEN,
  'GET /models/{name}/gguf': rule('read', 'user'),
  'POST /models/import': rule('models:write'),
  'POST /models/{name}/releases/{version}/promote': rule('models:write', 'guardian'),

  'GET /experts/top': OPEN,
  'GET /experts/stats/{name}': OPEN,
  'GET /experts/cache': OPEN,
  'POST /experts/opt-out': rule('chain:write', 'contributor', 'node', 'guardian'),
  'GET /experts/opt-out': OPEN,
  'GET /experts/opt-out/{id}': OPEN,
  'GET /experts/trace': ADMIN,
  'POST /upload_moe_experts': PUBLISHING,
  'GET /upload_moe_experts/{id}': PUBLISHING,
  'DELETE /upload_moe_experts/{id}': PUBLISHING,
  'PUT /upload_moe_experts/{id}/{payload}': PUBLISHING,
  'PUT /upload_moe_experts/{id}/{payload}/delta': PUBLISHING,
  'POST /upload_moe_experts/{id}/complete': PUBLISHING,

  'POST /learning/submissions': PUBLISHING,
  'GET /learning/submissions': OPEN,
  'GET /learning/submissions/{id}': OPEN,
  'GET /learning/submissions/{id}/manifest': OPEN,
  'POST /learning/submissions/{id}/openings': PUBLISHING,
  'POST /learning/rounds': PUBLISHING,
  'GET /learning/rounds': OPEN,
  'GET /learning/rounds/{id}': OPEN,
  'POST /learning/rounds/{id}/members': PUBLISHING,
  'POST /learning/rounds/{id}/commitments': PUBLISHING,
  'POST /learning/rounds/{id}/updates': PUBLISHING,
  'POST /learning/rounds/{id}/cancel': rule('chain:write', 'contributor', 'node', 'guardian'),
  'GET /learning/rounds/{id}/updates/{hash}': OPEN,
  'GET /learning/audit': OPEN,
  'GET /learning/beacons': OPEN,
  'POST /api/learning/sealed-sets': GUARDIAN,
  'GET /api/learning/sealed-sets': OPEN,
  'GET /api/learning/sealed-sets/evidence/{subject}': OPEN,
  'GET /learning/filter': OPEN,
  'GET /learning/leaderboard': OPEN,
  'GET /learning/lineage/{model}': OPEN,
  'GET /learning/lineage/{model}/{expert}': OPEN,

  'POST /v1/chat/completions': INFERENCE,
  'POST /v1/completions': INFERENCE,
  'POST /v1/embeddings': INFERENCE,
  'POST /chat': INFERENCE,
  'POST /logits': INFERENCE,
  'GET /v1/models': OPEN,
  'GET /v1/models/{id}': OPEN,
  'GET /v1/receipts': rule('read', 'user'),
  'POST /v1/receipts/verify': OPEN_WRITE,
  'GET /v1/receipts/{id}': OPEN,
  'GET /v1/receipts/{id}/bundle': OPEN,
  'POST /v1/receipts/{id}/replay': INFERENCE,
  'POST /v1/receipts/dispute': INFERENCE,
  'POST /v1/receipts/{id}/testimony': INFERENCE,

  'POST /task/start': TASKS,
  'GET /tasks': TASKS,
  'GET /task/{id}': TASKS,
  'GET /task/{id}/status': TASKS,
  'POST /task/{id}/approve': GUARDIAN,
  'POST /task/{id}/cancel': TASKS,
  'POST /plan/create': TASKS,
  'POST /plan/execute': TASKS,
  'GET /plan/{id}': TASKS,
  'POST /execute': TASKS,
  'GET /execution/{task_id}/{step_id}': TASKS,
  'GET /audit/{task_id}': TASKS,
  'POST /audit/record': GUARDIAN,
  'GET /audit/verify/{hash}': OPEN,
  'POST /write': TASKS,
  'GET /verify/{hash}': OPEN,
  'GET /tx/{txid}': OPEN,
  'GET /policy': TASKS,
  'POST /policy/replay': GUARDIAN,

  'GET /api/monitoring/agents': GUARDIAN,
  'POST /api/monitoring/agents/{name}/run': GUARDIAN,
  'GET /api/monitoring/agents/{name}/history': GUARDIAN,
  'GET /api/monitoring/alerts': GUARDIAN,
  'POST /api/monitoring/alerts/{id}/acknowledge': GUARDIAN,
  'GET /api/monitoring/reports': GUARDIAN,

  'GET /api/healing/status': GUARDIAN,
  'GET /api/healing/incidents': GUARDIAN,
  'POST /api/healing/diagnose': GUARDIAN,
  'POST /api/healing/actions/{name}': GUARDIAN,

  'GET /api/notifications': GUARDIAN,
  'POST /api/notifications/test': GUARDIAN,
  'POST /api/notifications/{id}/acknowledge': GUARDIAN,
  'POST /api/truth-mirror/runs': GUARDIAN,
  'GET /api/truth-mirror/runs': OPEN,
  'GET /api/truth-mirror/runs/{id}': OPEN,

  'POST /api/autonomous/decision': GUARDIAN,
  'GET /api/autonomous/decisions': GUARDIAN,
  'GET /api/autonomous/decisions/{id}': GUARDIAN,
  'GET /api/autonomous/metrics': GUARDIAN,
  'GET /api/guardian/dashboard': GUARDIAN,
  'GET /api/guardian/escalations': GUARDIAN,
  'POST /api/guardian/escalations/{id}/approve': GUARDIAN,
  'POST /api/guardian/escalations/{id}/reject': GUARDIAN,
  'POST /api/guardian/override': GUARDIAN,
  'POST /api/guardian/emergency-stop': GUARDIAN,
  'POST /api/guardian/resume': GUARDIAN,
  'POST /api/guardian/rollback': GUARDIAN,
  'GET /api/guardian/state': OPEN,
  'GET /api/guardian/audit': GUARDIAN,
  'GET /api/guardian/monitor/config': GUARDIAN,
  'PUT /api/guardian/monitor/config': GUARDIAN,
  'GET /api/guardian/monitor/history': GUARDIAN,
  'POST /api/guardian/monitor/validate': GUARDIAN,

  'POST /datasets': DATASETS,
  'GET /datasets/uploads/{id}': DATASETS,
  'PUT /datasets/uploads/{id}': DATASETS,
  'DELETE /datasets/uploads/{id}': DATASETS,
  'POST /datasets/uploads/{id}/complete': DATASETS,
  'GET /datasets': OPEN,
  'GET /datasets/{id}': OPEN,
  'GET /datasets/{id}/report': OPEN,
  'GET /datasets/{id}/lineage': OPEN,
  'POST /datasets/{id}/vote': DATASETS,
  'POST /datasets/{id}/appeal': DATASETS,
  'POST /datasets/{id}/appeal/answer': GUARDIAN,
  'POST /datasets/{id}/quarantine': GUARDIAN,
  'POST /datasets/{id}/release': GUARDIAN,
  'POST /datasets/{id}/withdraw': rule('chain:write', 'user', 'guardian'),

  'GET /rewards/balance/{account}': OPEN,
  'GET /rewards/statement/{account}': OPEN,
  'GET /rewards/transfers/{transfer}': OPEN,
  'GET /rewards/policy': OPEN,
  'GET /rewards/epochs': OPEN,
  'GET /rewards/epochs/{epoch}': OPEN,
  'POST /rewards/deposits': DATASETS,
  'POST /rewards/scores/{receipt}': INFERENCE,
  'POST /rewards/scores/{receipt}/reveal': INFERENCE,
  'GET /rewards/solvency': OPEN,
  'GET /rewards/solvency/{account}': OPEN,

  'GET /health': OPEN,
  'GET /ready': OPEN,
  'GET /metrics': OPEN,
  'GET /version': OPEN,
};

/** Somebody who knocks at every route. */
export interface Caller {
  readonly roles: readonly RoleName[];
  /** What the API key may; absent for a person. */
  readonly scopes?: readonly Scope[];
  /** Whether it is a person who signed in. */
  readonly person: boolean;
}

/** Whether a caller may pass, worked out from the table alone. */
export function mayPass({ roles, scopes, person }: Caller, { roles: allowed, scope }: RouteRule): boolean {
  if (allowed.includes('public')) return true;
  if (!mayAct({ subject: 'x', roles }, allowed)) return false;
  if (scope === 'session') return person;
  return scopes?.includes(scope) ?? true;
}
