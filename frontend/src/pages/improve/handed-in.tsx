import { Anchor, Button } from '@mantine/core';
import { Link } from 'react-router';
import type { Submission } from '../../api/learning.js';
import { meaningOf } from '../../components/check-meaning.js';
import { count, dateTime } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useSubmission } from '../../hooks/learning.js';
import { useJudged, useShowUpdates } from '../../hooks/training.js';
import { SubmissionState } from '../submissions/submission-state.js';
import styles from './improve.module.css';

/** What becomes of a submission, check by check. */
export function HandedIn({ id }: { id: string }) {
  const { submission } = useSubmission(id);
  useJudged(id, submission.data?.state);
  if (submission.isError)
    return (
      <div className={styles.wide}>
        <ProblemNotice error={submission.error} onRetry={() => void submission.refetch()} />
      </div>
    );
  if (!submission.isSuccess) return null;
  const { state, checks, detail } = submission.data;
  return (
    <div className={`${styles.wide} ${styles.training}`}>
      <div className="row" role="status">
        <span>Handed in:</span>
        <SubmissionState state={state} />
        <Anchor component={Link} to={`/submissions/${id}`} size="sm">
          see how it is judged
        </Anchor>
      </div>
      {detail !== null && <p className={styles.words}>{detail}</p>}
      <ul className={styles.checks} aria-label="Checks">
        {checks.map((check) => (
          <li key={check.name}>
            <State is={meaningOf(check)}>{check.name.replace('_', ' ')}</State> {check.detail}
          </li>
        ))}
      </ul>
      {state === 'waiting_opening' && <ShowUpdates submission={submission.data} />}
    </div>
  );
}

/** Nothing of the data is shown to anybody before its owner says so. */
function ShowUpdates({ submission }: { submission: Submission }) {
  const show = useShowUpdates(submission.submission_id);
  const { opening } = submission;
  if (opening === null) return null;
  const { updates, of, until } = opening;
  return (
    <div className={styles.training}>
      <p className={styles.words}>
        The server audits this training: it has drawn {count(updates.length, 'update')} of {of} and wants to
        make them again. For that it has to see the documents they were made from, until{' '}
        {dateTime(Date.parse(until))}. Without them the submission is rejected.
      </p>
      <div className="row">
        <Button
          size="xs"
          loading={show.isPending}
          disabled={show.isSuccess}
          onClick={() => show.mutate(updates)}
        >
          Send these documents
        </Button>
      </div>
      {show.isError && <ProblemNotice error={show.error} />}
    </div>
  );
}
