import { Button, Switch } from '@mantine/core';
import { useState } from 'react';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAgents, useAlerts } from '../../hooks/monitoring.js';
import { AgentCards } from './agent-cards.js';
import { AlertItem } from './alert-item.js';
import { HistoryCharts } from './history-charts.js';
import styles from './monitoring.module.css';
import { ReportPanel } from './report-panel.js';

/** What does the server see of itself? */
export default function MonitoringPage() {
  const agents = useAgents();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Monitoring</h1>
        <p>What does the server see of itself?</p>
      </header>
      {agents.isPending && <Loading lines={8} />}
      {agents.isError && <ProblemNotice error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.isSuccess && (
        <div className={styles.stack}>
          <AgentCards agents={agents.data.items} />
          <Alerts />
          <HistoryCharts />
          <ReportPanel />
        </div>
      )}
    </div>
  );
}

function Alerts() {
  const [open, setOpen] = useState(true);
  const alerts = useAlerts(open);
  const items = alerts.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel" aria-labelledby="alerts">
      <div className="panel-head">
        <h2 id="alerts">Alerts</h2>
        <Switch
          size="xs"
          label="Resolved ones, too"
          checked={!open}
          onChange={(event) => setOpen(!event.currentTarget.checked)}
        />
      </div>
      {alerts.isError && <ProblemNotice error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.isSuccess && items.length === 0 && (
        <Empty title="Nothing troubles the server">
          Alerts come from the agents, from tasks and from healing.
        </Empty>
      )}
      <ul className={styles.list}>
        {items.map((alert) => (
          <AlertItem key={alert.alert_id} alert={alert} />
        ))}
      </ul>
      {alerts.hasNextPage && (
        <div className="panel-body">
          <Button variant="default" size="compact-sm" onClick={() => void alerts.fetchNextPage()}>
            Older alerts
          </Button>
        </div>
      )}
    </section>
  );
}
