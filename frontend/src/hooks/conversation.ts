import { useSyncExternalStore } from 'react';
import { isRecord } from '../api/problem.js';
import { Conversation, type Turn } from './conversation-store.js';
import { connection } from './live.js';

/** The conversation of this tab. */
export const conversation = new Conversation();

connection.onMessage(({ type, data }) => {
  if (type !== 'inference.finished' || !isRecord(data) || typeof data.id !== 'string') return;
  const receipt = typeof data.receipt === 'string' ? data.receipt : null;
  conversation.ended(data.id, receipt, Number(data.tokensPerSecond));
});

/** Its turns, oldest first. */
export function useTurns(): readonly Turn[] {
  return useSyncExternalStore(conversation.watch, conversation.current);
}
