import { spotlight } from '@mantine/spotlight';
import { IconPlugConnectedX, IconSearch } from '@tabler/icons-react';
import { useLiveState, useNewestSample } from '../hooks/live.js';
import { useModels } from '../hooks/models.js';
import { useCheckpoint, useReadiness } from '../hooks/system.js';
import { number, rate, shortHash } from './format.js';
import { State } from './state.js';
import { StopState } from './stop-state.js';
import styles from './status-bar.module.css';

/** The thin line on top that is always true. What is not known shows a dash, never an old value. */
export function StatusBar() {
  const checkpoint = useCheckpoint();
  const live = useModels().data?.find((model) => model.live !== null);
  return (
    <div className={styles.bar} role="status" aria-label="Node status" aria-live="off">
      <span className={`${styles.cell} ${styles.name}`}>
        <Mark />
        <span className={styles.tertiary}>{checkpoint.data?.origin ?? 'stemma'}</span>
      </span>
      <span className={styles.cell}>
        <Ready />
      </span>
      <span className={styles.cell}>{live?.live ? `${live.name} ${live.live.version}` : 'no release'}</span>
      <StopState />
      <LostConnection />
      <span className={styles.grow} />
      <span className={`${styles.cell} ${styles.tertiary}`}>
        <Speed /> tokens/s
      </span>
      <span className={`${styles.cell} ${styles.secondary}`}>
        log <span className={styles.figure}>{checkpoint.data ? number(checkpoint.data.size) : '–'}</span>
        {checkpoint.data && <span className="mono">{shortHash(checkpoint.data.root)}</span>}
      </span>
      <button type="button" className={styles.icon} onClick={spotlight.open} aria-label="Search">
        <IconSearch size={16} aria-hidden />
      </button>
    </div>
  );
}

/** On its own, because it changes more often than all the rest. */
function Speed() {
  const speed = useNewestSample((sample) => (sample === null ? '–' : rate(sample.tokensPerSecond)));
  const online = useLiveState().is === 'online';
  return <span className={styles.figure}>{online ? speed : '–'}</span>;
}

function Mark() {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      aria-hidden
      fill="none"
      stroke="var(--accent)"
      strokeWidth="1.5"
    >
      <path d="M9 5v3M9 8 4.5 11.5M9 8l4.5 3.5" />
      <circle cx="9" cy="3.4" r="1.7" fill="var(--accent)" />
      <circle cx="4.2" cy="13.4" r="1.7" fill="var(--accent)" />
      <circle cx="13.8" cy="13.4" r="1.7" fill="var(--accent)" />
    </svg>
  );
}

function Ready() {
  const readiness = useReadiness();
  if (readiness.isError) return <State is="failed">unreachable</State>;
  if (readiness.data === undefined) return <State is="neutral">asking</State>;
  if (readiness.data.status === 'ok') return <State is="proved">ready</State>;
  return readiness.data.status === 'degraded' ? (
    <State is="waiting">degraded</State>
  ) : (
    <State is="failed">not ready</State>
  );
}

function LostConnection() {
  const live = useLiveState();
  if (live.is !== 'offline') return null;
  return (
    <span className={`${styles.cell} ${styles.lost}`} role="alert">
      <IconPlugConnectedX size={14} aria-hidden /> live data lost, reconnecting
    </span>
  );
}
