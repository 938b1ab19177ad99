import type { OpenAPIObject } from '@nestjs/swagger';
import type { RoleName } from '../auth/index.js';
import { answersInLines, type Operation } from './open-api-answers.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Responses = NonNullable<Components['responses']>;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds after which to try again', schema: { type: 'integer', minimum: 1 } },
} as const;

/** The content of every refusal. */
const PROBLEM_CONTENT = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
} as const;

const refusal = (description: string, headers = {}): Responses[string] => ({
  description,
  headers,
  content: PROBLEM_CONTENT,
});

/** Refusals that many operations have in common, for `components.responses`. */
export const REFUSALS = {
  BadRequest: refusal('The request is not what is described here: `VALIDATION_FAILED`, `JSON_INVALID`, …'),
  Unauthenticated: refusal('There is no token or a wrong one: `UNAUTHENTICATED`, `TOKEN_INVALID`'),
  Forbidden: refusal('The token has none of the roles that may: `FORBIDDEN`'),
  NotFound: refusal('There is nothing under this path'),
  KeyInUse: refusal(
    'The `Idempotency-Key` is being answered (`IDEMPOTENCY_KEY_BUSY`) or was used for another request (`IDEMPOTENCY_KEY_REUSED`), or the state of the server conflicts',
  ),
  TooLarge: refusal('The body is too large: `BODY_TOO_LARGE`, `UPLOAD_TOO_LARGE`'),
  Throttled: refusal(
    'Too many attempts: `LOGIN_THROTTLED` (failed sign-ins), `RATE_LIMITED` (requests)',
    RETRY_AFTER,
  ),
  FeeUnpaid: refusal('Answers cost a fee here, and the account has too little: `FEE_EXCEEDS_BALANCE`'),
  QueueFull: refusal('Too many answers wait already: `QUEUE_FULL`', RETRY_AFTER),
  EngineAway: refusal(
    'Nothing wrong with the request; it may succeed in a moment: `ENGINE_RESTARTED`, `ENGINE_UNAVAILABLE`, `ANSWER_TIMEOUT`, `BLOCK_CORRUPT`, …',
    RETRY_AFTER,
  ),
  NotExact: refusal(
    'TensorFlow.js made the answer (`RECEIPT_NOT_EXACT`) or computes on this node (`ENGINE_NOT_EXACT`): the same bits cannot be had again; `DISPUTE_KERNEL`: a receipt of another kernel; `TESTIMONY_TOO_LONG`: computing it in plain arithmetic would take minutes',
  ),
  Unsatisfiable: refusal('The payload has no such range: `RANGE_NOT_SATISFIABLE`'),
} satisfies Responses;

/** Operations that answer with a model. */
const ANSWERING = new Set([
  'OpenAiController_chatCompletions',
  'OpenAiController_completions',
  'ChatController_chat',
]);
/** Operations that queue for the engine. */
const QUEUEING = new Set([
  ...ANSWERING,
  'EmbeddingsController_create',
  'ReceiptsController_replay',
  'DisputeController_dispute',
  'TestimonyController_testify',
  'LogitsController_logits',
]);
/** Public, but they show more to whoever has a token. */
const SHOWING_MORE = new Set(['ReceiptsController_one', 'BundleController_bundle']);
/** A refusal of a single operation. */
const OWN: Readonly<Record<string, Readonly<Record<string, keyof typeof REFUSALS>>>> = {
  PayloadController_payload: { 416: 'Unsatisfiable' },
  OperationsController_getMetrics: { 401: 'Unauthenticated' },
  GenesisController_hash: { 404: 'NotFound' },
  ReceiptsController_replay: { 409: 'NotExact' },
  BundleController_bundle: { 409: 'NotExact' },
  DisputeController_dispute: { 409: 'NotExact' },
  TestimonyController_testify: { 409: 'NotExact' },
  SessionController_login: { 401: 'Unauthenticated', 429: 'Throttled' },
  SessionController_refresh: { 401: 'Unauthenticated' },
  SessionController_setUp: { 401: 'Unauthenticated' },
  PasswordController_renew: { 401: 'Unauthenticated' },
  WalletController_verify: { 401: 'Unauthenticated' },
  SessionController_register: { 409: 'KeyInUse', 429: 'Throttled' },
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Repeated with the same body, the request gets its first answer',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
} as const;

/** Where an operation is, and who may call it. */
export interface OperationPlace {
  readonly path: string;
  readonly method: string;
  readonly roles: readonly RoleName[];
}

/** Says of an operation how it refuses, whom it asks for a token, and whether it takes an idempotency key. */
export function describeRefusals(operation: Operation, place: OperationPlace): void {
  const keyed = takesKey(operation, place);
  if (keyed) (operation.parameters ??= []).push(IDEMPOTENCY_KEY);
  const id = operation.operationId ?? '';
  if (!place.roles.includes('public')) {
    operation.security = [{ bearer: [] }];
    const needed = `Needs the role ${[...new Set([...place.roles, 'admin'])].join(' or ')}; a server that only its own machine reaches asks for no token.`;
    operation.description = [operation.description, needed].filter(Boolean).join(' ');
  } else if (SHOWING_MORE.has(id)) operation.security = [{}, { bearer: [] }];
  for (const [status, name] of Object.entries(refusalsOf(operation, place, keyed)))
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  operation.responses.default = { description: 'A refusal', content: PROBLEM_CONTENT };
}

function refusalsOf(operation: Operation, { path, roles }: OperationPlace, keyed: boolean) {
  const { operationId: id = '', requestBody: body, parameters = [] } = operation;
  const refusals: Record<string, keyof typeof REFUSALS> = {};
  if (body !== undefined || parameters.length > 0) refusals[400] = 'BadRequest';
  if (!roles.includes('public')) Object.assign(refusals, { 401: 'Unauthenticated', 403: 'Forbidden' });
  if (path.includes('{') || QUEUEING.has(id)) refusals[404] = 'NotFound';
  if (keyed) refusals[409] = 'KeyInUse';
  if (body !== undefined) refusals[413] = 'TooLarge';
  if (ANSWERING.has(id)) refusals[402] = 'FeeUnpaid';
  if (QUEUEING.has(id)) refusals[429] = 'QueueFull';
  if (QUEUEING.has(id)) refusals[503] = 'EngineAway';
  return { ...refusals, ...OWN[id] };
}

/** Paths whose answers hold secrets, keep their own keys, or are streamed and change nothing. */
const KEYLESS = /^\/(v1|logits|auth|api\/(register|setup|login|password|refresh|logout|me))(\/|$)/;

/** Writes take a key; below `/v1/` only answers do, and what is streamed in lines is not kept. */
function takesKey(operation: Operation, { path, method }: OperationPlace): boolean {
  if (ANSWERING.has(operation.operationId ?? '')) return true;
  return method !== 'get' && !KEYLESS.test(path) && !answersInLines(operation);
}
