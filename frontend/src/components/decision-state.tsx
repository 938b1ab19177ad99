import { State, type Meaning } from './state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  succeeded: 'proved',
  approved: 'waiting',
  executing: 'waiting',
  waiting: 'waiting',
  open: 'waiting',
  failed: 'failed',
  refused: 'failed',
  rejected: 'failed',
  held: 'failed',
};

const words: Readonly<Record<string, string>> = {
  waiting: 'waits for a guardian',
  held: 'held: stopped',
  recorded: 'only recorded',
  refused: 'refused: unsafe',
  expired: 'no answer: no',
  superseded: 'superseded',
  executing: 'being done',
  succeeded: 'done, it helped',
  failed: 'it did not help',
  undone: 'taken back',
};

/** The state of a decision or of a question. */
export function DecisionState({ state }: { state: string }) {
  return <State is={meanings[state] ?? 'neutral'}>{words[state] ?? state}</State>;
}
