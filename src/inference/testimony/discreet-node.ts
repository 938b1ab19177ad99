import { CodedError, err } from '../../common/index.js';
import type { AskNode } from './asking-witness.js';

/**
 * Asks a node for somebody else: why it could not be reached or refuses is for the log, whoever disputes is told no more than codes.
 * Refuses as asking does.
 * @param log takes the cause in words
 */
export function discreetly(ask: AskNode, log: (cause: string) => void): AskNode {
  return async (question) => {
    const rows = await ask(question);
    if (rows.ok) return rows;
    const { code, message, facts, status } = rows.error;
    log(message);
    if (code === 'NODE_UNREACHABLE')
      return err(new CodedError(code, 'the node cannot be reached', facts, status));
    if (code === 'NODE_REFUSED')
      return err(new CodedError(code, `the node refuses with ${String(facts.refusal)}`, facts, status));
    return rows;
  };
}
