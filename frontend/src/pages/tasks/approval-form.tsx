import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Task, TaskStep } from '../../api/tasks.js';
import { dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useApproval } from '../../hooks/tasks.js';

/** Approves or rejects a step, with a reason; the answer is bound to the plan that is shown. */
export function ApprovalForm({ task, step }: { task: Task; step: TaskStep }) {
  const [reason, setReason] = useState('');
  const answer = useApproval(task, step.step_id);
  const send = (approved: boolean) => answer.mutate({ approved, reason: reason.trim() });
  const ready = reason.trim() !== '' && !answer.isPending;
  return (
    <section className="panel" aria-labelledby="approval">
      <div className="panel-head">
        <h2 id="approval">Your approval is asked for</h2>
        <span className="label">until {dateTime(step.approval?.expires_at ?? 0)}</span>
      </div>
      <div className="panel-body" style={{ display: 'grid', gap: 12 }}>
        <p style={{ margin: 0 }}>
          Step {step.step_id}, {step.type}, of exactly the plan <Hash value={task.plan_hash} />.
          {step.approval?.four_eyes === true && ' Whoever asked for the task cannot approve it.'}
        </p>
        <ReasonField label="Reason" minRows={2} value={reason} onChange={setReason} />
        <div className="row">
          <Button disabled={!ready} onClick={() => send(true)}>
            Approve
          </Button>
          <Button disabled={!ready} variant="default" onClick={() => send(false)}>
            Reject
          </Button>
        </div>
        {answer.isError && <ProblemNotice error={answer.error} />}
      </div>
    </section>
  );
}
