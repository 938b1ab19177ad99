import { useNavigate } from 'react-router';
import type { TaskSummary } from '../../api/tasks.js';
import { AddressFilter, choicesOf } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useTasks } from '../../hooks/tasks.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useNextPage } from '../../hooks/next-page.js';
import { TASK_STATES, TaskState } from './task-state.js';

/** What is the server asked to do, and what waits for somebody? */
export default function TasksPage() {
  const navigate = useNavigate();
  const [state] = useAddressFilter('state');
  const tasks = useTasks(state);
  const more = useNextPage(tasks);
  return (
    <div className="page">
      <header className="page-head">
        <h1>Tasks</h1>
        <p>What is the server asked to do, and what waits for somebody?</p>
        <div className="tools">
          <AddressFilter name="state" label="State" all="All states" choices={choicesOf(TASK_STATES)} />
        </div>
      </header>
      {tasks.isPending && <Loading lines={8} />}
      {tasks.isError && <ProblemNotice error={tasks.error} onRetry={() => void tasks.refetch()} />}
      {tasks.isSuccess && (
        <DataTable
          label="Tasks"
          noun="task"
          rows={tasks.data.pages.flatMap((page) => page.items)}
          columns={columns}
          rowKey={(row) => row.task_id}
          onOpen={(row) => void navigate(`/task-list/${row.task_id}`)}
          onEnd={more}
          complete={!tasks.hasNextPage}
          empty={
            <Empty title={state === '' ? 'Nobody has asked for a task yet' : 'No task is in this state'}>
              Tasks are asked for by POST /task/start; docs/tasks.md says how.
            </Empty>
          }
        />
      )}
    </div>
  );
}

const columns: readonly Column<TaskSummary>[] = [
  {
    key: 'state',
    label: 'State',
    value: (row) => row.state,
    show: (row) => <TaskState state={row.state} />,
    width: '170px',
  },
  { key: 'type', label: 'Type', value: (row) => row.task_type },
  { key: 'risk', label: 'Risk', value: (row) => row.risk, width: '80px', secondary: true },
  { key: 'owner', label: 'Asked by', value: (row) => row.owner, secondary: true },
  {
    key: 'task',
    label: 'Task',
    value: (row) => row.task_id,
    show: (row) => <Hash value={row.task_id} head={10} />,
    width: '160px',
    secondary: true,
  },
  {
    key: 'created',
    label: 'Since',
    value: (row) => row.created_at,
    show: (row) => dateTime(row.created_at),
    width: '160px',
    secondary: true,
  },
];
