import type { Notice } from '../../notifications/index.js';
import type { StepRow, TaskRow } from '../store/rows.js';

/** Characters of what somebody says about their task; the page shows the rest. */
const MOST_SAID = 300;

/** The key under which a request for approval is told: once while nobody has answered it. */
export function keyOfApproval(task: string, step: number): string {
  return `approval:${task}/${step}`;
}

/**
 * What a guardian reads before opening the task: enough to know whether it can wait. Parameters are left out: they may be private,
 * and the page shows them.
 * @param until when it can be given no more, ms since the epoch
 */
export function noticeOfApproval(
  task: Pick<TaskRow, 'id' | 'taskType' | 'risk' | 'owner' | 'description' | 'planHash'>,
  step: Pick<StepRow, 'index' | 'type' | 'actionType' | 'amount' | 'fourEyes'>,
  until: number,
): Notice {
  return {
    key: keyOfApproval(task.id, step.index),
    kind: 'approval',
    severity: 'warning',
    title: `A task waits for an approval: ${step.actionType}`,
    text: [
      `Task ${task.id}, ${task.taskType}, risk ${task.risk}, asked for by ${task.owner}`,
      `Step ${step.index}: ${step.type}${step.amount === null ? '' : `, moves ${step.amount}`}`,
      ...(task.description === '' ? [] : [`They say: ${oneLine(task.description)}`]),
      ...(step.fourEyes ? ['Whoever asked for it cannot approve it.'] : []),
      `Plan ${task.planHash}`,
      `Nobody answers until ${new Date(until).toISOString()}: it is not done, and the task fails.`,
    ].join('\n'),
    path: `/task-list/${task.id}`,
    needsAnswer: true,
  };
}

/** Somebody's own words on one line, so that nobody takes them for lines of the server. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length > MOST_SAID ? `${characters.slice(0, MOST_SAID).join('')}…` : line;
}
