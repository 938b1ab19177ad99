import { useNavigate } from 'react-router';
import type { SubmissionSummary } from '../../api/learning.js';
import { AddressFilter, choicesOf } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useSubmissions } from '../../hooks/learning.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useNextPage } from '../../hooks/next-page.js';
import { fallText } from './fall-text.js';
import { FilterPanel } from './filter-panel.js';
import { Leaderboard } from './leaderboard.js';
import { SUBMISSION_STATES, SubmissionState } from './submission-state.js';
import styles from './submissions.module.css';

/** Which trained experts were handed in, and what are they worth? */
export default function SubmissionsPage() {
  const navigate = useNavigate();
  const [state] = useAddressFilter('state');
  const submissions = useSubmissions(state);
  const more = useNextPage(submissions);
  return (
    <div className={`page ${styles.list}`}>
      <header className="page-head">
        <h1>Submissions</h1>
        <p>Which trained experts were handed in, and what are they worth?</p>
        <div className="tools">
          <AddressFilter name="state" label="State" all="All states" choices={choicesOf(SUBMISSION_STATES)} />
        </div>
      </header>
      {submissions.isPending && <Loading lines={8} />}
      {submissions.isError && (
        <ProblemNotice error={submissions.error} onRetry={() => void submissions.refetch()} />
      )}
      {submissions.isSuccess && (
        <DataTable
          label="Submissions"
          noun="submission"
          rows={submissions.data.pages.flatMap((page) => page.items)}
          columns={columns}
          rowKey={(row) => row.submission_id}
          onOpen={(row) => void navigate(`/submissions/${row.submission_id}`)}
          onEnd={more}
          complete={!submissions.hasNextPage}
          empty={
            <Empty
              title={state === '' ? 'Nobody has handed in an expert yet' : 'No submission is in this state'}
            >
              Train one with stemma train, hand it in with stemma submit; docs/learning.md says how.
            </Empty>
          }
        />
      )}
      <Leaderboard />
      <FilterPanel />
    </div>
  );
}

const columns: readonly Column<SubmissionSummary>[] = [
  {
    key: 'state',
    label: 'State',
    value: (row) => row.state,
    show: (row) => <SubmissionState state={row.state} />,
    width: '170px',
  },
  { key: 'experts', label: 'Experts', value: (row) => row.blocks.map(({ name }) => name).join(', ') },
  { key: 'model', label: 'Model', value: (row) => row.model, width: '120px', secondary: true },
  {
    key: 'fall',
    label: 'Less loss',
    value: (row) => row.overall?.fall ?? null,
    show: (row) => (row.overall === null ? '' : fallText(row.overall.fall)),
    width: '90px',
    align: 'end',
  },
  {
    key: 'author',
    label: 'By',
    value: (row) => row.author,
    show: (row) => <Hash value={row.author} />,
    width: '130px',
    secondary: true,
  },
  {
    key: 'created',
    label: 'Since',
    value: (row) => row.created_at,
    show: (row) => dateTime(Date.parse(row.created_at)),
    width: '160px',
    secondary: true,
  },
];
