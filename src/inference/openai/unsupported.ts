import { ProblemException } from '../../common/problem.js';

/** Fields a client may send, and the values of them that ask for nothing; every other value is refused by name. */
export type NeutralValues = Readonly<Record<string, readonly unknown[]>>;

/** Fields of `/v1/chat/completions` that are not supported yet. */
export const CHAT_NEUTRAL: NeutralValues = {
  functions: [],
  function_call: ['none', 'auto'],
  modalities: ['text'],
  audio: [],
  prediction: [],
  reasoning_effort: ['none'],
  verbosity: ['medium'],
  web_search_options: [],
  service_tier: ['auto', 'default'],
  store: [false],
  metadata: [],
};

/** Fields of one message that are not supported yet. */
export const MESSAGE_NEUTRAL: NeutralValues = {
  refusal: [],
  function_call: [],
  audio: [],
  annotations: [],
};

/** Fields of `/v1/completions` that are not supported. */
export const COMPLETION_NEUTRAL: NeutralValues = {
  suffix: [''],
  best_of: [1],
};

/** What to do instead, where there is something. */
const INSTEAD: Readonly<Record<string, string>> = {
  best_of: 'ask for n answers with logprobs and choose among them.',
  suffix: 'no model here was taught to fill a gap; put what comes after into the prompt.',
};

/** Refuses (`UNSUPPORTED_PARAMETER`, 400) a field whose value asks for something that is not there; never ignores one. */
export function refuseUnsupported(body: object, neutral: NeutralValues, prefix = ''): void {
  for (const [field, values] of Object.entries(neutral)) {
    const value = (body as Record<string, unknown>)[field];
    if (isNeutral(value, values)) continue;
    const instead = INSTEAD[`${prefix}${field}`];
    const detail = `${prefix}${field} is not supported by this server${instead === undefined ? '.' : `: ${instead}`}`;
    throw unsupported(`${prefix}${field}`, detail);
  }
}

/** The refusal of a parameter by name. */
export function unsupported(param: string, detail: string): ProblemException {
  return new ProblemException(400, 'UNSUPPORTED_PARAMETER', detail, { param });
}

/** Absent, null, empty, or (also as `type` of an object or only member of a list) one of the neutral values. */
function isNeutral(value: unknown, neutral: readonly unknown[]): boolean {
  if (value === undefined || value === null || neutral.includes(value)) return true;
  if (Array.isArray(value)) return value.every((member) => neutral.includes(member));
  if (typeof value !== 'object') return false;
  const members = Object.entries(value);
  return members.every(([name, member]) => name === 'type' && neutral.includes(member));
}
