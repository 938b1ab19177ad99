import type { Trouble } from '../alerts/alert.js';

/** How well an agent finds its part. `unknown`: it was not looked at yet, or could not be. */
export type AgentStatus = 'ok' | 'warning' | 'critical' | 'unknown';

/** What an agent saw. */
export interface Observation {
  readonly status: AgentStatus;
  /** A figure of merit from 0 to 1; null where there is none. */
  readonly score: number | null;
  /** One sentence for people. */
  readonly detail: string;
  /** What was measured; names carry their unit. */
  readonly measures: Readonly<Record<string, number>>;
  /** What somebody should know; what is not in here any more is over. The source is the agent's name. */
  readonly troubles: readonly SeenTrouble[];
  /** Fingerprints of shared trouble that could not be looked at this time: it is not over because it is not in `troubles`. */
  readonly unseen?: readonly string[];
}

/** Trouble as an agent sees it. */
export interface SeenTrouble extends Omit<Trouble, 'source' | 'lasting'> {
  /** Whether all servers on one database see the same, so that it is one alert; otherwise it is this server's own. */
  readonly shared?: true;
}

/** Looks at one part of the server. It may take seconds; who runs it waits no longer than a deadline. */
export interface MonitoringAgent {
  readonly name: string;
  /** What it looks at, in one sentence. */
  readonly about: string;
  observe(): Promise<Observation>;
}

/** An observation with the status its troubles give it. */
export function observation(
  facts: Omit<Observation, 'status' | 'score'> & {
    readonly score?: number | null;
    readonly status?: AgentStatus;
  },
): Observation {
  const { troubles, score = null } = facts;
  const worst = troubles.some(({ severity }) => severity === 'critical')
    ? 'critical'
    : troubles.some(({ severity }) => severity === 'warning')
      ? 'warning'
      : 'ok';
  return { ...facts, score, status: facts.status ?? worst };
}
