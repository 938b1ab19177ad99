import { Button } from '@mantine/core';
import type { Agent } from '../../api/monitoring.js';
import { dateTime } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { useRunAgent } from '../../hooks/monitoring.js';
import { AgentState } from './agent-state.js';
import styles from './monitoring.module.css';

/** Every agent: what it looks at, what it found, and a button that lets it look now. */
export function AgentCards({ agents }: { agents: readonly Agent[] }) {
  return (
    <section className={styles.agents} aria-label="Agents">
      {agents.map((agent) => (
        <AgentCard key={agent.name} agent={agent} />
      ))}
    </section>
  );
}

function AgentCard({ agent }: { agent: Agent }) {
  const run = useRunAgent();
  return (
    <article className={`panel panel-body ${styles.agent}`} aria-label={agent.name}>
      <div className={styles.head}>
        <h2 style={{ margin: 0 }}>{agent.name}</h2>
        <AgentState state={agent.status} />
      </div>
      <p className="label">{agent.about}</p>
      <p>{agent.detail}</p>
      <div className={styles.head}>
        <span className="label">{agent.at === null ? 'never' : dateTime(agent.at)}</span>
        <Button
          size="compact-sm"
          variant="default"
          loading={run.isPending}
          onClick={() => run.mutate(agent.name)}
          aria-label={`Let ${agent.name} look now`}
        >
          Look now
        </Button>
      </div>
      {run.isError && <ProblemNotice error={run.error} />}
    </article>
  );
}
