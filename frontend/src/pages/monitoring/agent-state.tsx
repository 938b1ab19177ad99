import { State, type Meaning } from '../../components/state.js';

const meanings: Readonly<Record<string, Meaning>> = {
  ok: 'proved',
  warning: 'waiting',
  critical: 'failed',
  firing: 'failed',
  acknowledged: 'waiting',
  resolved: 'proved',
};
const words: Readonly<Record<string, string>> = { unknown: 'not looked yet', acknowledged: 'somebody knows' };

/** What an agent found, or how an alert stands. */
export function AgentState({ state }: { state: string }) {
  return <State is={meanings[state] ?? 'neutral'}>{words[state] ?? state}</State>;
}
