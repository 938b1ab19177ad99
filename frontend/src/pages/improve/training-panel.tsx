import { Button, Progress } from '@mantine/core';
import { count, duration, number, rate } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { trainingDesk } from '../../hooks/training.js';
import { pace, remaining, type Training } from '../../training/training-state.js';
import styles from './improve.module.css';
import { LossChart } from './loss-chart.js';

const PARTS = {
  model: 'downloading the model, checking every block against its hash',
  data: 'reading your data',
  kernel: 'starting the kernel and timing a few updates',
} as const;

/** A training as it goes on: what it does, the curve, and the buttons that hold and end it. */
export function TrainingPanel(props: { training: Training; onTakeUp: () => void; onForget: () => void }) {
  const { training, onTakeUp, onForget } = props;
  const { phase, request, problem, looks, losses } = training;
  return (
    <section className="panel" aria-labelledby="training">
      <div className="panel-head">
        <h2 id="training">{request === null ? 'Training' : `Training ${request.expert}`}</h2>
        <span className="label" role="status" aria-live="polite">
          {sentence(training)}
        </span>
      </div>
      <div className={`panel-body ${styles.training}`}>
        {problem !== null && <ProblemNotice error={problem} />}
        {phase === 'preparing' && (
          <Progress
            size="sm"
            value={share(training)}
            aria-label="How much is ready"
            animated={training.total === 0}
          />
        )}
        {looks.length > 0 && <Figures training={training} />}
        {looks.length > 0 && <LossChart losses={losses} looks={looks} updates={training.updates} />}
        <Kept training={training} />
        <Buttons training={training} onTakeUp={onTakeUp} onForget={onForget} />
      </div>
    </section>
  );
}

/** What is left when the tab is closed. */
function Kept({ training: { kept, notKept, phase } }: { training: Training }) {
  if (phase === 'preparing') return null;
  if (phase === 'refused')
    return kept === null ? null : (
      <p className={styles.words}>
        This browser keeps it, with its data, after {count(kept.made, 'update')}: it can be taken up again.
        Forgetting it forgets that, too.
      </p>
    );
  if (notKept !== null)
    return <p className={styles.words}>Not kept in this browser, and lost with this tab: {notKept}.</p>;
  if (kept === null) return null;
  return (
    <p className={styles.words}>
      Kept in this browser, with its data, after {count(kept.made, 'update')}: it can be taken up where the
      tab was closed. Forgetting it forgets that, too.
    </p>
  );
}

function Buttons(props: { training: Training; onTakeUp: () => void; onForget: () => void }) {
  const { training, onTakeUp, onForget } = props;
  const { phase, kept } = training;
  if (phase === 'refused' || phase === 'ended')
    return (
      <div className="row">
        {phase === 'refused' && kept !== null && (
          <Button size="xs" onClick={onTakeUp}>
            Take it up
          </Button>
        )}
        <Button size="xs" variant="default" onClick={onForget}>
          Forget it
        </Button>
      </div>
    );
  return (
    <div className="row">
      {phase === 'training' && (
        <Button size="xs" variant="default" onClick={() => trainingDesk.pause()}>
          Pause
        </Button>
      )}
      {phase === 'paused' && (
        <Button size="xs" onClick={() => trainingDesk.resume()}>
          Go on
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => trainingDesk.stop()}>
        Stop
      </Button>
      {phase !== 'preparing' && <span className="label">Stop keeps what is best so far.</span>}
    </div>
  );
}

/** What changes with every update; read out by nobody, as the sentence above says it in steps. */
function Figures({ training }: { training: Training }) {
  const { made, updates, lastLoss, looks, phase } = training;
  const [perSecond, left] = [pace(training), remaining(training)];
  const figures: [string, string][] = [
    ['Updates', `${number(made)} of ${number(updates)}`],
    ['Loss', lastLoss === null ? '–' : number(lastLoss, 4)],
    ['Unseen', number(looks[looks.length - 1].loss, 4)],
    ['Pace', perSecond === null ? '–' : `${rate(perSecond)} a second`],
    ['Left', phase === 'ended' || left === null ? '–' : `${duration(Math.ceil(left / 1000) * 1000)} at most`],
  ];
  return (
    <>
      <Progress size="sm" value={(made / Math.max(1, updates)) * 100} aria-label="Updates made" />
      <dl className={styles.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function sentence({ phase, part, done, total, made, updates }: Training): string {
  switch (phase) {
    case 'none':
      return '';
    case 'preparing':
      return total === 0 ? PARTS[part] : `${PARTS[part]}: ${Math.floor((done / total) * 10) * 10} %`;
    case 'training':
      // A screen reader is told every tenth part, not every update.
      return `training: ${Math.floor((made / Math.max(1, updates)) * 10) * 10} %`;
    case 'paused':
      return 'paused';
    case 'ended':
      return `ended after ${count(made, 'update')}`;
    case 'refused':
      return 'it cannot go on';
  }
}

function share({ done, total }: Training): number {
  return total === 0 ? 100 : (done / total) * 100;
}
