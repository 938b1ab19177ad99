import { number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useCheckpoint } from '../../hooks/system.js';

/** The newest signed checkpoint. */
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
          </dl>
        )}
      </div>
    </section>
  );
}
