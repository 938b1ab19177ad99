import { Button } from '@mantine/core';
import { number } from '../../components/format.js';
import type { LeftTraining } from '../../training/kept-training.js';
import styles from './improve.module.css';

/** A training whose tab was closed: what it was, and going on with it. */
export function LeftPanel(props: { left: LeftTraining; onTakeUp: () => void; onForget: () => void }) {
  const { left, onTakeUp, onForget } = props;
  return (
    <section className="panel" aria-labelledby="left">
      <div className="panel-head">
        <h2 id="left">A training that was left</h2>
      </div>
      <div className={`panel-body ${styles.training}`}>
        <p className={styles.words}>
          <span className="mono">{left.expert}</span> of <span className="mono">{left.model}</span>,{' '}
          {number(left.made)} of {number(left.updates)} updates: this browser keeps it, with the data it
          learns from. Taken up, it comes to the same bits as if it had never been left.
        </p>
        <div className="row">
          <Button size="xs" onClick={onTakeUp}>
            Take it up
          </Button>
          <Button size="xs" variant="default" onClick={onForget}>
            Forget it
          </Button>
        </div>
      </div>
    </section>
  );
}
