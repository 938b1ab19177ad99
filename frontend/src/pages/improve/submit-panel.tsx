import { Button, Checkbox, NumberInput, Progress, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ProblemNotice } from '../../components/notice.js';
import { useAuthorKey, useHandIn } from '../../hooks/training.js';
import { HandedIn } from './handed-in.js';
import styles from './improve.module.css';
import { KeyFields } from './key-fields.js';

const MOST_WORK = 32;
const DOMAIN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Signs what was trained and hands it in. @param submission as which it was handed in; null: not yet */
export function SubmitPanel({ submission }: { submission: string | null }) {
  const [typed, setTyped] = useState('');
  const [difficulty, setDifficulty] = useState<number | string>(0);
  const [shows, setShows] = useState(false);
  const { submit, progress } = useHandIn();
  const { key } = useAuthorKey();
  const domains = typed.split(/[\s,]+/).filter((name) => name !== '');
  const wrong = domains.length > 64 || !domains.every((name) => DOMAIN.test(name));
  const hand = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (key.data === undefined) return;
    submit.mutate({ domains, difficulty: Number(difficulty), shows, secretKey: key.data });
  };
  return (
    <section className="panel" aria-labelledby="submit">
      <div className="panel-head">
        <h2 id="submit">Hand it in</h2>
        <span className="label">it is judged on examples that nobody could have seen</span>
      </div>
      <form className={`panel-body ${styles.form}`} onSubmit={hand}>
        <KeyFields />
        <TextInput
          size="xs"
          label="Domains"
          description="that you claim to be better; empty: only the whole"
          error={wrong ? 'Names of domains, separated by commas.' : undefined}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NumberInput
          size="xs"
          label="Proof of work"
          description="leading zero bits, where the server asks for them"
          min={0}
          max={MOST_WORK}
          allowDecimal={false}
          clampBehavior="strict"
          hideControls
          value={difficulty}
          onChange={setDifficulty}
        />
        <Checkbox
          size="xs"
          className={styles.wide}
          label="Offer to show a few documents"
          description="those of the updates that are drawn, so that the training can be audited; without that nothing is paid"
          checked={shows}
          onChange={(event) => setShows(event.currentTarget.checked)}
        />
        <div className={`row ${styles.wide}`}>
          <Button
            type="submit"
            size="xs"
            disabled={wrong || key.data === undefined}
            loading={submit.isPending}
          >
            Sign and hand in
          </Button>
        </div>
        {progress !== null && (
          <div className={styles.wide} role="status">
            <span className="label">{progress.step === 'sign' ? 'signing it' : 'sending it'}</span>
            <Progress size="sm" value={progress.share * 100} aria-label="How much is sent" />
          </div>
        )}
        {submit.isError && (
          <div className={styles.wide}>
            <ProblemNotice error={submit.error} />
          </div>
        )}
        {submission !== null && <HandedIn id={submission} />}
        <p className={`${styles.words} ${styles.wide}`}>
          What is sent: the trained block, your public key, and the manifest: settings, the hash of your file
          and of every update. Where you offer to show documents you are asked here again, when it is known
          which.
        </p>
      </form>
    </section>
  );
}
