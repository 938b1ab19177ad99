import { CodedError, err, ok, type Result } from '../common/index.js';
import { TOPICS, type Topic } from './topics.js';

/** What a client can ask for. */
export interface ClientMessage {
  readonly token: string | null;
  readonly subscribe: readonly Topic[];
  readonly unsubscribe: readonly Topic[];
  /** Resume behind this number … */
  readonly since: number | null;
  /** … of this stream; another stream means that numbers cannot be compared. */
  readonly stream: string | null;
}

const FIELDS = new Set(['token', 'subscribe', 'unsubscribe', 'since', 'stream']);
const LONGEST_TEXT = 8_192;

/** Reads a client's message. Refusals: WS_MESSAGE_INVALID, WS_TOPIC_UNKNOWN. */
export function parseClientMessage(text: string): Result<ClientMessage> {
  const value = parseObject(text);
  if (value === null) return invalid('a message is one JSON object');
  const unknown = Object.keys(value).find((key) => !FIELDS.has(key));
  if (unknown !== undefined)
    return invalid(`unknown field "${unknown}"; known are ${[...FIELDS].join(', ')}`);
  const { token = null, subscribe = [], unsubscribe = [], since = null, stream = null } = value;
  if (!isTextOrNull(token) || !isTextOrNull(stream)) return invalid('"token" and "stream" are texts');
  if (since !== null && !(Number.isSafeInteger(since) && (since as number) >= 0)) {
    return invalid('"since" is the number of the last message seen');
  }
  for (const list of [subscribe, unsubscribe]) {
    if (!Array.isArray(list) || list.length > TOPICS.length)
      return invalid('"subscribe" is a list of topics');
    const stranger = (list as unknown[]).find((topic) => !TOPICS.includes(topic as Topic));
    if (stranger !== undefined) {
      const detail = `unknown topic ${JSON.stringify(stranger).slice(0, 60)}; known are ${TOPICS.join(', ')}`;
      return err(new CodedError('WS_TOPIC_UNKNOWN', detail));
    }
  }
  return ok({
    token,
    subscribe: subscribe as Topic[],
    unsubscribe: unsubscribe as Topic[],
    since: since as number | null,
    stream,
  });
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && value.length <= LONGEST_TEXT);
}

function invalid(detail: string): Result<never> {
  return err(new CodedError('WS_MESSAGE_INVALID', detail));
}
