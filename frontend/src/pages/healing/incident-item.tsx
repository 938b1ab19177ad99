import type { Incident } from '../../api/healing.js';
import { dateTime, duration, timeOfDay } from '../../components/format.js';
import { State, type Meaning } from '../../components/state.js';
import styles from './healing.module.css';

const meanings: Readonly<Record<string, Meaning>> = {
  open: 'waiting',
  waiting: 'waiting',
  healing: 'waiting',
  verifying: 'waiting',
  declined: 'failed',
  escalated: 'failed',
  resolved: 'proved',
};
const words: Readonly<Record<string, string>> = {
  waiting: 'waits for a guardian',
  healing: 'being healed',
  verifying: 'being checked',
  escalated: 'a guardian was called',
  resolved: 'over',
};

/** An incident with every step that was taken. */
export function IncidentItem({ incident }: { incident: Incident }) {
  const { closed_at: closed, began_at: began } = incident;
  return (
    <li>
      <div className={styles.head}>
        <span className="mono">{incident.cause}</span>
        <State is={meanings[incident.state] ?? 'neutral'}>{words[incident.state] ?? incident.state}</State>
      </div>
      <p>{incident.summary}</p>
      <span className="label">
        {dateTime(began)}
        {closed !== null && `, over after ${duration(closed - began)}`}
        {incident.remedy !== null && `, ${incident.remedy}`}
      </span>
      <details>
        <summary className="label">What happened</summary>
        <ol className={styles.steps}>
          {incident.steps.map(({ at, detail }, index) => (
            <li key={index}>
              <span className="label">{timeOfDay(at)}</span> {detail}
            </li>
          ))}
        </ol>
      </details>
    </li>
  );
}
