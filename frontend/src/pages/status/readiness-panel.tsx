import type { Probe } from '../../api/system.js';
import { shortHash } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { State, type Meaning } from '../../components/state.js';
import { useReadiness } from '../../hooks/system.js';
import styles from './status.module.css';

const meanings: Readonly<Record<Probe['status'], Meaning>> = {
  ok: 'proved',
  degraded: 'waiting',
  failed: 'failed',
};
const words: Readonly<Record<Probe['status'], string>> = { ok: 'ok', degraded: 'degraded', failed: 'failed' };

/** What every probe behind `/ready` found, the kernel's self-test among them. */
export function ReadinessPanel() {
  const readiness = useReadiness();
  const status = readiness.data?.status;
  return (
    <section className="panel" aria-labelledby="readiness">
      <div className="panel-head">
        <h2 id="readiness">Readiness</h2>
        {status !== undefined && (
          <State is={meanings[status]} soft>
            {status === 'ok' ? 'ready' : status === 'degraded' ? 'ready, with limits' : 'not ready'}
          </State>
        )}
      </div>
      {readiness.isPending && (
        <div className="panel-body">
          <Loading lines={4} />
        </div>
      )}
      {readiness.isError && (
        <div className="panel-body">
          <ProblemNotice error={readiness.error} onRetry={() => void readiness.refetch()} />
        </div>
      )}
      {readiness.data !== undefined && (
        <ul className={styles.probes}>
          {Object.entries(readiness.data.probes).map(([name, probe]) => (
            <li key={name}>
              <span>{name}</span>
              <span className={styles.detail}>{probe.detail}</span>
              <State is={meanings[probe.status]}>{words[probe.status]}</State>
              {probe.facts !== undefined && <span className={styles.facts}>{factLine(probe.facts)}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function factLine(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${factText(value)}`)
    .join(' · ');
}

function factText(value: unknown): string {
  if (typeof value === 'string') return /^[0-9a-f]{64}$/.test(value) ? shortHash(value) : value;
  return JSON.stringify(value);
}
