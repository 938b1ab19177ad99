import { Anchor, Button } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { Task, TaskStep } from '../../api/tasks.js';
import { count, dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useCancel, useTask } from '../../hooks/tasks.js';
import { ApprovalForm } from './approval-form.js';
import { TaskAudit } from './task-audit.js';
import { TaskState } from './task-state.js';
import styles from './tasks.module.css';

/** One task: its plan, what waits for an answer, and what happened. */
export default function TaskPage() {
  const { id = '' } = useParams();
  const task = useTask(id);
  return (
    <div className={`page ${styles.page}`}>
      <Anchor component={Link} to="/task-list" size="sm">
        All tasks
      </Anchor>
      {task.isPending && <Loading lines={8} />}
      {task.isError && <ProblemNotice error={task.error} onRetry={() => void task.refetch()} />}
      {task.isSuccess && <TaskView task={task.data} />}
    </div>
  );
}

function TaskView({ task }: { task: Task }) {
  const waiting = task.steps.find(({ state }) => state === 'waiting_approval');
  return (
    <>
      <header className="page-head">
        <h1>{task.task_type}</h1>
        <p>{task.description === '' ? `Asked for by ${task.owner}` : task.description}</p>
        <div className="tools">
          <TaskState state={task.state} />
          <CancelButton task={task} />
        </div>
      </header>
      {task.reason !== null && (
        <p style={{ margin: 0 }}>
          {task.reason} {task.code !== null && <span className="mono">{task.code}</span>}
        </p>
      )}
      {waiting !== undefined && <ApprovalForm task={task} step={waiting} />}
      <section className="panel" aria-labelledby="plan">
        <div className="panel-head">
          <h2 id="plan">Plan</h2>
          <span className="label">
            {count(task.steps.length, 'step')}, risk {task.risk}, since {dateTime(task.created_at)}
          </span>
          <Hash value={task.plan_hash} />
        </div>
        <ol className={styles.steps}>
          {task.steps.map((step) => (
            <StepLine key={step.step_id} step={step} />
          ))}
        </ol>
      </section>
      <TaskAudit task={task.task_id} />
    </>
  );
}

function StepLine({ step }: { step: TaskStep }) {
  const answer = step.approval;
  return (
    <li data-step={step.step_id} data-state={step.state}>
      <span>{step.type}</span>
      <span className="label">
        {answer?.decided_by == null
          ? count(step.attempts, 'attempt')
          : `${answer.state} by ${answer.decided_by}: ${answer.reason ?? ''}`}
      </span>
      <TaskState state={step.state} />
      <pre className={styles.json} tabIndex={0} aria-label={`Step ${step.step_id}`}>
        {JSON.stringify(step.output ?? step.parameters, null, 1)}
        {step.code !== null && `\n${step.code}: ${step.detail ?? ''}`}
      </pre>
    </li>
  );
}

function CancelButton({ task }: { task: Task }) {
  const cancel = useCancel(task.task_id);
  const over = ['completed', 'failed', 'rejected', 'cancelled'].includes(task.state);
  if (over) return null;
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        loading={cancel.isPending}
        onClick={() => cancel.mutate('')}
      >
        Cancel
      </Button>
      {cancel.isError && <ProblemNotice error={cancel.error} />}
    </>
  );
}
