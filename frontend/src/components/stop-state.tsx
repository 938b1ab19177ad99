import { Link } from 'react-router';
import { useStopState } from '../hooks/autonomy.js';
import { State } from './state.js';
import styles from './status-bar.module.css';

/** Whether automatic action is stopped: always in the status bar, and the way to where it is ended. */
export function StopState() {
  const { data, isError } = useStopState();
  if (isError || data === undefined) return null;
  const word = data.inference ? 'all stopped' : data.stopped ? 'stopped' : 'autonomy on';
  return (
    <Link
      to="/guardian"
      className={`${styles.cell} ${styles.stop} ${data.stopped ? '' : styles.tertiary}`}
      aria-label={`Emergency stop: ${word}`}
      data-stopped={data.stopped}
    >
      <State is={data.stopped ? 'failed' : 'neutral'}>{word}</State>
    </Link>
  );
}
