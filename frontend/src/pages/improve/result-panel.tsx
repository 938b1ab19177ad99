import { Button } from '@mantine/core';
import { saveBytes } from '../../components/export-buttons.js';
import { bytes, count, number } from '../../components/format.js';
import { State } from '../../components/state.js';
import type { TrainingEnd } from '../../training/protocol.js';
import styles from './improve.module.css';

const ENDS = {
  schedule: 'all updates were made',
  time: 'the time was over',
  'no better': 'unseen documents got no better',
  diverged:
    'an update had no number for a gradient, and what was best before is kept: take a lower learning rate',
  stopped: 'it was stopped',
} as const;

/** What a training has led to, and its files. */
export function ResultPanel({ outcome }: { outcome: TrainingEnd }) {
  const { end, updates, before, best, learnt, unseen, tooLong, files } = outcome;
  const change = (best.loss / before - 1) * 100;
  return (
    <section className="panel" aria-labelledby="result">
      <div className="panel-head">
        <h2 id="result">Result</h2>
        <State is={best.step > 0 ? 'proved' : 'neutral'}>
          {best.step > 0 ? `${number(-change, 1)} % less loss` : 'no better than before'}
        </State>
      </div>
      <div className={`panel-body ${styles.training}`} role="status">
        <dl className="facts">
          <dt>Loss on unseen documents</dt>
          <dd>
            {number(before, 4)} before, {number(best.loss, 4)} after
          </dd>
          <dt>Best</dt>
          <dd>
            after {count(best.step, 'update')} of {number(updates)} ({ENDS[end]})
          </dd>
          <dt>Documents</dt>
          <dd>
            {number(learnt)} learnt, {number(unseen)} looked at
            {tooLong > 0 && `, ${number(tooLong)} longer than the model’s context and left out`}
          </dd>
        </dl>
        <div className="row">
          {[...files].map(([name, content]) => (
            <Button key={name} size="xs" variant="default" onClick={() => saveBytes(name, content)}>
              {name} ({bytes(content.length)})
            </Button>
          ))}
        </div>
        <p className={styles.words}>
          These are the files that <code className="mono">stemma train --out</code> writes; the same file,
          release and settings give the same bytes there.
        </p>
      </div>
    </section>
  );
}
