import { EventBus } from '../../common/index.js';
import type { Instance } from '../../config/index.js';
import type { AlertBook } from './alert-book.js';
import { TaskAlerts } from './task-alerts.js';

it('a task has told of an alert once it is written down, and others do not wait for that', async () => {
  let waiting = true;
  const book = { raise: () => Promise.resolve('alert_1'), isWaiting: () => waiting };
  const instance = { own: String, label: 'stemma' } as Partial<Instance> as Instance;
  const alerts = new TaskAlerts(new EventBus(), book as Partial<AlertBook> as AlertBook, instance);
  const found = { code: 'WALLET_THRESHOLD', severity: 'warning', detail: 'low' } as const;
  await expect(alerts.tell({ ...found, task: 'task_1' })).rejects.toMatchObject({ status: 503 });
  await alerts.tell({ ...found, task: null });
  waiting = false;
  await alerts.tell({ ...found, task: 'task_1' });
});
