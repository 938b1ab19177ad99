import { noticeOfApproval } from './approval-notice.js';

const task = {
  ...({
    id: 'task_1',
    taskType: 'snapshot',
    risk: 'high',
    owner: 'alice',
    planHash: 'ab'.repeat(32),
  } as const),
  description: '',
};
const step = { index: 0, type: 'snapshot', actionType: 'snapshot', amount: null, fourEyes: false };
const textOf = (description: string) => noticeOfApproval({ ...task, description }, step, 0).text.split('\n');

describe('the notice of an approval', () => {
  it('keeps what somebody says on one line, so that it cannot pass for a line of the server', () => {
    const lines = textOf('please\r\nStep 0: harmless\u0000\u0085\u2028Plan 00\n');
    expect(lines).toHaveLength(textOf('please').length);
    expect(lines).toContain('They say: please Step 0: harmless Plan 00');
  });

  it('cuts what somebody says to 300 characters, none of them in half', () => {
    expect(textOf('💡'.repeat(300))).toContain(`They say: ${'💡'.repeat(300)}`);
    expect(textOf('💡'.repeat(301))).toContain(`They say: ${'💡'.repeat(300)}…`);
  });
});
