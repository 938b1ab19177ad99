import { ROUTE_RULES } from './route-roles.js';

/** What two people with the same roles are answered who ask for the same thing: status and, of a refusal, its code. */
export interface OwnerRule {
  readonly stranger: string;
  readonly owner: string;
}

const rule = (stranger: string, owner = '200'): OwnerRule => ({ stranger, owner });

const NO_TASK = '404 TASK_NOT_FOUND';
const NO_EXPERTS = '404 UPLOAD_UNKNOWN';
const NO_UPLOAD = '404 DATASET_UPLOAD_UNKNOWN';
const NOT_ASKED_BY_YOU = '403 RECEIPT_PRIVATE';
const NO_MEMBER = '409 ROUND_NO_MEMBER';

/**
 * Every route that names something which belongs to an account, in an order in which its owner may call them one after the other.
 * Where both are answered alike, a stranger changes and sees nothing: the test looks at that itself.
 */
export const OWNED_ROUTES: Readonly<Record<string, OwnerRule>> = {
  'DELETE /auth/keys/{id}': rule('404 API_KEY_UNKNOWN', '204'),
  'DELETE /api/me/sessions/{id}': rule('404 SESSION_UNKNOWN', '204'),
  'DELETE /auth/wallet/{address}': rule('204', '204'),

  'GET /v1/receipts/{id}': rule('200'),
  'GET /v1/receipts/{id}/bundle': rule(NOT_ASKED_BY_YOU),
  'POST /v1/receipts/{id}/testimony': rule(NOT_ASKED_BY_YOU),
  'POST /rewards/scores/{receipt}': rule(NOT_ASKED_BY_YOU),
  'POST /rewards/scores/{receipt}/reveal': rule(NOT_ASKED_BY_YOU, '409 SCORE_TOO_EARLY'),

  'GET /plan/{id}': rule('404 PLAN_NOT_FOUND'),
  'POST /plan/execute': rule('404 PLAN_NOT_FOUND', '201'),
  'GET /task/{id}': rule(NO_TASK),
  'GET /task/{id}/status': rule(NO_TASK),
  'GET /execution/{task_id}/{step_id}': rule(NO_TASK),
  'GET /audit/{task_id}': rule(NO_TASK),
  'POST /task/{id}/cancel': rule(NO_TASK, '409 TASK_OVER'),

  'GET /datasets/uploads/{id}': rule(NO_UPLOAD),
  'PUT /datasets/uploads/{id}': rule(NO_UPLOAD),
  'POST /datasets/uploads/{id}/complete': rule(NO_UPLOAD),
  'DELETE /datasets/uploads/{id}': rule('204', '204'),

  'GET /upload_moe_experts/{id}': rule(NO_EXPERTS),
  'PUT /upload_moe_experts/{id}/{payload}/delta': rule(NO_EXPERTS, '422 DELTA_BLOCK_FORMAT'),
  'PUT /upload_moe_experts/{id}/{payload}': rule(NO_EXPERTS),
  'POST /upload_moe_experts/{id}/complete': rule(NO_EXPERTS, '409 UPLOAD_INCOMPLETE'),
  'DELETE /upload_moe_experts/{id}': rule('204', '204'),
  'POST /datasets/{id}/appeal': rule('403 DATASET_NOT_YOURS'),
  'POST /datasets/{id}/withdraw': rule('403 DATASET_NOT_YOURS'),

  'POST /learning/submissions/{id}/openings': rule('404 SUBMISSION_NOT_FOUND', '409 OPENING_NOT_ASKED'),
  'POST /learning/rounds/{id}/updates': rule(NO_MEMBER, '409 ROUND_CLOSED'),
  'POST /learning/rounds/{id}/commitments': rule(NO_MEMBER),
  'POST /learning/rounds/{id}/cancel': rule('403 ROUND_FOREIGN'),
};

/** Routes that name a thing which nobody owns, or which everybody with the role has the same part in. */
export const COMMON_ROUTES: readonly string[] = [
  'GET /models/{name}/gguf',
  'POST /chain/{id}/blocks',
  'POST /v1/receipts/{id}/replay',
  'POST /datasets/{id}/vote',
  'POST /learning/rounds/{id}/members',
];

/** Routes about one thing that people may call who are neither guardians nor admins, and that are not simply open to all. */
export function routesToDecide(): string[] {
  return Object.entries(ROUTE_RULES).flatMap(([route, { roles }]) =>
    route.includes('{') && roles.some((role) => !['public', 'guardian', 'admin'].includes(role))
      ? [route]
      : [],
  );
}
