import { Button, Progress } from '@mantine/core';
import type { Epoch } from '../../api/rewards.js';
import { count, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useRecompute, type Recomputing } from '../../hooks/recompute.js';
import type { RecomputeOutcome, RecomputeProgress } from '../../verify/recompute-protocol.js';

/** Differences that are shown; the first ones tell enough. */
const MOST_SHOWN = 20;

/** Works the epoch out again in this browser, from the log and what it names, and says whether the page shows the same. */
export function Recompute({ epoch }: { epoch: Epoch }) {
  const { recomputing, start } = useRecompute(epoch);
  return (
    <div style={{ display: 'grid', gap: 8 }}>
      <div className="row">
        <Button size="compact-sm" loading={recomputing.state === 'running'} onClick={start}>
          Work it out in this browser
        </Button>
        <span role="status">
          <Outcome of={recomputing} />
        </span>
      </div>
      {recomputing.state === 'running' && <Running progress={recomputing.progress} />}
      {recomputing.state === 'done' && <Differences outcome={recomputing.outcome} />}
      {recomputing.state === 'failed' && <ProblemNotice error={recomputing.problem} onRetry={start} />}
    </div>
  );
}

function Outcome({ of }: { of: Recomputing }) {
  if (of.state === 'refused')
    return (
      <State is="failed" wraps>
        it does not follow from the log: {of.detail} ({of.code})
      </State>
    );
  if (of.state !== 'done') return null;
  return of.outcome.equal ? (
    <State is="proved">equal to the unit: it follows from the log</State>
  ) : (
    <State is="failed">not equal: something else follows from the log</State>
  );
}

function Running({ progress }: { progress: RecomputeProgress | null }) {
  const { stage, done, of } = progress ?? { stage: 'log', done: 0, of: 1 };
  const what = stage === 'log' ? 'leaves of the log hashed' : 'leaves of the epoch read';
  return (
    <>
      <Progress size="sm" value={(done / Math.max(of, 1)) * 100} aria-label="How much is worked out" />
      <span className="label">
        {progress === null ? 'asking the server for the records' : `${number(done)} of ${number(of)} ${what}`}
      </span>
    </>
  );
}

function Differences({ outcome: { equal, computed, differences } }: { outcome: RecomputeOutcome }) {
  return (
    <>
      <span className="label">
        The record worked out here has the hash <Hash value={computed} />
      </span>
      {!equal && (
        <dl className="facts">
          {differences.slice(0, MOST_SHOWN).map(({ place, shown, computed: own }) => (
            <div key={place} style={{ display: 'contents' }}>
              <dt>{place}</dt>
              <dd style={{ overflowWrap: 'anywhere' }}>
                shown {shown ?? 'nothing'}, worked out {own ?? 'nothing'}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {differences.length > MOST_SHOWN && (
        <span className="label">and {count(differences.length - MOST_SHOWN, 'other difference')}</span>
      )}
    </>
  );
}
