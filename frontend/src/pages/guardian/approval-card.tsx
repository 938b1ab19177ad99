import { Button } from '@mantine/core';
import { Link } from 'react-router';
import type { WaitingApproval } from '../../api/autonomy.js';
import { dateTime } from '../../components/format.js';
import styles from './guardian.module.css';

/** A task that waits for an approval, and the way to its plan, where it is answered. */
export function ApprovalCard({ approval }: { approval: WaitingApproval }) {
  const { task_id: task, step_id: step, action_type: action, amount, four_eyes: fourEyes } = approval;
  const heading = `approval-${task}-${step}`;
  return (
    <section className="panel" aria-labelledby={heading}>
      <div className="panel-head">
        <h3 id={heading} style={{ margin: 0 }}>
          The task {approval.task_type} waits for an approval
        </h3>
        <span className="label">
          {approval.risk} risk, asked by {approval.asked_by}
        </span>
      </div>
      <div className={`panel-body ${styles.body}`}>
        <p className={styles.said}>
          Until {dateTime(approval.expires_at)}; after that {approval.if_nobody_answers}.
        </p>
        <p className={styles.said}>
          Step {step}: {action}
          {amount === null ? '' : `, moves ${amount}`}
          {approval.description === '' ? '' : `. They say: ${approval.description}`}
        </p>
        {fourEyes && <p className={styles.said}>Whoever asked for it cannot approve it.</p>}
        <div className="row">
          <Button component={Link} to={`/task-list/${task}`}>
            See the plan and answer
          </Button>
        </div>
      </div>
    </section>
  );
}
