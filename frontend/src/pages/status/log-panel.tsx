import { Button } from '@mantine/core';
import { dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useLogWatch } from '../../hooks/log-watch.js';
import { useCheckpoint } from '../../hooks/system.js';

/** The newest signed checkpoint, and whether it continues what this browser saw before. */
export function LogPanel() {
  const checkpoint = useCheckpoint();
  return (
    <section className="panel" aria-labelledby="log">
      <div className="panel-head">
        <h2 id="log">Log checkpoint</h2>
      </div>
      <div className="panel-body">
        {checkpoint.isPending && <Loading lines={3} />}
        {checkpoint.isError && (
          <ProblemNotice error={checkpoint.error} onRetry={() => void checkpoint.refetch()} />
        )}
        {checkpoint.data !== undefined && (
          <dl className="facts">
            <dt>Log</dt>
            <dd>{checkpoint.data.origin}</dd>
            <dt>Leaves</dt>
            <dd>{number(checkpoint.data.size)}</dd>
            <dt>Root</dt>
            <dd>
              <Hash value={checkpoint.data.root} head={16} tail={8} />
            </dd>
            <dt>History</dt>
            <dd>
              <History />
            </dd>
          </dl>
        )}
      </div>
    </section>
  );
}

function History() {
  const { watch, forget } = useLogWatch();
  if (watch.isError) return <State is="waiting">could not be checked just now</State>;
  if (watch.data === undefined) return <State is="neutral">being checked</State>;
  if (!watch.data.ok)
    return (
      <>
        <State is="failed">{watch.data.fault}</State>{' '}
        <Button
          size="compact-xs"
          variant="default"
          onClick={forget}
          title="Only if this is another node than before"
        >
          Forget what was seen
        </Button>
      </>
    );
  const { first, last } = watch.data.memory;
  return (
    <>
      <State is="proved">{last.size > first.size ? 'only grown' : 'signed'}</State>{' '}
      <span className="label">
        since {number(first.size)} leaves on {dateTime(first.at)}, checked in this browser
      </span>
    </>
  );
}
