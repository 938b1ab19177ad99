import { Button } from '@mantine/core';
import type { HealingStatus } from '../../api/healing.js';
import { count, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { useHealing, useIncidents } from '../../hooks/healing.js';
import styles from './healing.module.css';
import { IncidentItem } from './incident-item.js';
import { RemedyForm } from './remedy-form.js';

const MODES = { auto: 'acts by itself', watch: 'watches and calls', off: 'off' } as const;

/** What went wrong, and what was done about it? */
export default function HealingPage() {
  const healing = useHealing();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Healing</h1>
        <p>What went wrong, and what was done about it?</p>
      </header>
      {healing.isPending && <Loading lines={8} />}
      {healing.isError && <ProblemNotice error={healing.error} onRetry={() => void healing.refetch()} />}
      {healing.isSuccess && (
        <div className={styles.stack}>
          <Summary status={healing.data} />
          <Incidents />
          <Success status={healing.data} />
          <RemedyForm status={healing.data} />
        </div>
      )}
    </div>
  );
}

function Summary({ status: { mode, every_s: every, autonomy, success } }: { status: HealingStatus }) {
  const stopped = !autonomy.allowed;
  return (
    <Readings>
      <Reading
        label="The server"
        value={stopped ? 'is stopped' : MODES[mode]}
        note={stopped ? autonomy.reason : `looks every ${every} s`}
      />
      <Reading
        label="Remedies that helped"
        value={success.rate === null ? '–' : number(success.rate * 100)}
        unit={success.rate === null ? undefined : '%'}
        note={`of ${count(success.attempts, 'attempt')}`}
      />
    </Readings>
  );
}

function Incidents() {
  const incidents = useIncidents();
  const items = incidents.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel" aria-labelledby="incidents">
      <div className="panel-head">
        <h2 id="incidents">Incidents</h2>
      </div>
      {incidents.isError && (
        <ProblemNotice error={incidents.error} onRetry={() => void incidents.refetch()} />
      )}
      {incidents.isSuccess && items.length === 0 && (
        <Empty title="Nothing has gone wrong yet">
          What does is shown here, with every remedy and whether it helped.
        </Empty>
      )}
      <ul className={styles.list}>
        {items.map((incident) => (
          <IncidentItem key={incident.incident_id} incident={incident} />
        ))}
      </ul>
      {incidents.hasNextPage && (
        <div className="panel-body">
          <Button variant="default" size="compact-sm" onClick={() => void incidents.fetchNextPage()}>
            Older incidents
          </Button>
        </div>
      )}
    </section>
  );
}

/** What is known of each cause: its remedies in their order, and how they fared. */
function Success({ status }: { status: HealingStatus }) {
  return (
    <section className="panel" aria-labelledby="patterns">
      <div className="panel-head">
        <h2 id="patterns">Known patterns</h2>
        <span className="label">config/healing.yaml</span>
      </div>
      <ul className={styles.list}>
        {status.causes.map(({ cause, remedies, attempts, tried_this_hour: tried }) => (
          <li key={cause}>
            <div className={styles.head}>
              <span className="mono">{cause}</span>
              <span className="label">
                {tried} of {attempts} attempts this hour
              </span>
            </div>
            <p>{remedies.map((remedy) => remedyText(status, cause, remedy)).join(', then ')}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function remedyText({ success }: HealingStatus, cause: string, remedy: string): string {
  const record = success.remedies.find((each) => each.cause === cause && each.remedy === remedy);
  return record === undefined ? remedy : `${remedy} (helped ${record.helped} of ${record.attempts})`;
}
