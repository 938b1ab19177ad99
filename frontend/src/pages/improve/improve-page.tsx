import { useState } from 'react';
import { trainingDesk, useLeftTraining, useTraining } from '../../hooks/training.js';
import { mostThreads } from '../../training/most-threads.js';
import { atStake } from '../../training/training-state.js';
import { AskBeforeLoss } from './ask-before-loss.js';
import { LeftPanel } from './left-panel.js';
import { ResultPanel } from './result-panel.js';
import { SubmitPanel } from './submit-panel.js';
import { TrainingForm } from './training-form.js';
import { TrainingPanel } from './training-panel.js';
import styles from './improve.module.css';
import { USUAL_WISH, type TypedWish } from './wish.js';

/** One core is left for the page and everything else on this machine. */
const firstWish = (): TypedWish => ({ ...USUAL_WISH, threads: Math.max(1, mostThreads() - 1) });

/** Trains an expert in this browser, and hands it in. */
export default function ImprovePage() {
  const training = useTraining();
  const [wish, setWish] = useState<TypedWish>(firstWish);
  const [asked, setAsked] = useState<(() => void) | null>(null);
  const { phase, outcome } = training;
  const { left, forget } = useLeftTraining(training);
  const own = atStake(training);
  const lost = own ?? (left === null ? null : 'left');
  const ask = (act: () => void) => setAsked(() => act);
  const busy = phase === 'preparing' || phase === 'training' || phase === 'paused';
  return (
    <div className={`page ${styles.page}`}>
      <header className="page-head">
        <h1>Improve</h1>
        <p>Train one expert on your own data, here. Everything else stays as it is.</p>
      </header>
      <p className={styles.words}>
        Your data stay in this browser: the model comes to them, and training runs in this tab with the same
        code and the same bits as <code className="mono">stemma train</code>. Nothing is sent before you hand
        in, and then only the trained weights and a manifest with hashes. If a server audits the training, you
        are asked before it sees a document.
      </p>
      {left !== null && phase === 'none' && (
        <LeftPanel
          left={left}
          onTakeUp={() => trainingDesk.takeUp()}
          onForget={() => ask(() => void forget(left.keeper))}
        />
      )}
      <TrainingForm
        wish={wish}
        onChange={setWish}
        onTrain={(request) => {
          const act = () => trainingDesk.start(request);
          if (lost === null) act();
          else ask(act);
        }}
        busy={busy}
      />
      {phase !== 'none' && (
        <TrainingPanel
          training={training}
          onTakeUp={() => (own === 'result' ? ask(() => trainingDesk.takeUp()) : trainingDesk.takeUp())}
          onForget={() => (own === null ? trainingDesk.forget() : ask(() => trainingDesk.forget()))}
        />
      )}
      {outcome !== null && <ResultPanel outcome={outcome} />}
      {outcome !== null && outcome.best.step > 0 && <SubmitPanel submission={training.submission} />}
      <AskBeforeLoss lost={lost} act={asked} onClose={() => setAsked(null)} />
    </div>
  );
}
