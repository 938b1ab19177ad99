import { useNavigate } from 'react-router';
import type { RoundSummary } from '../../api/rounds.js';
import { AddressFilter, choicesOf } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useNextPage } from '../../hooks/next-page.js';
import { useRounds } from '../../hooks/rounds.js';
import { fallText } from '../submissions/fall-text.js';
import { LossCurve } from './loss-curve.js';
import { ROUND_STATES, RoundState } from './round-state.js';
import styles from './rounds.module.css';

/** Who trains together, and what came of it? */
export default function RoundsPage() {
  const navigate = useNavigate();
  const [state] = useAddressFilter('state');
  const rounds = useRounds(state);
  const more = useNextPage(rounds);
  const rows = rounds.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={`page ${styles.list}`}>
      <header className="page-head">
        <h1>Rounds</h1>
        <p>Who trains together, and what came of it?</p>
        <div className="tools">
          <AddressFilter name="state" label="State" all="All states" choices={choicesOf(ROUND_STATES)} />
        </div>
      </header>
      {rounds.isPending && <Loading lines={8} />}
      {rounds.isError && <ProblemNotice error={rounds.error} onRetry={() => void rounds.refetch()} />}
      {rounds.isSuccess && (
        <DataTable
          label="Rounds"
          noun="round"
          rows={rows}
          columns={columns}
          rowKey={(row) => row.round_id}
          onOpen={(row) => void navigate(`/rounds/${row.round_id}`)}
          onEnd={more}
          complete={!rounds.hasNextPage}
          empty={
            <Empty title={state === '' ? 'Nobody has announced a round yet' : 'No round is in this state'}>
              Announce one with stemma rounds announce; docs/learning.md says how others take part.
            </Empty>
          }
        />
      )}
      <LossCurve rounds={rows} />
    </div>
  );
}

const columns: readonly Column<RoundSummary>[] = [
  {
    key: 'state',
    label: 'State',
    value: (row) => row.state,
    show: (row) => <RoundState state={row.state} />,
    width: '160px',
  },
  { key: 'experts', label: 'Experts', value: (row) => row.experts.join(', ') },
  {
    key: 'members',
    label: 'Members',
    value: (row) => row.members,
    show: (row) => `${row.members} of ${row.minimum}–${row.most}`,
    width: '110px',
    align: 'end',
  },
  {
    key: 'shown',
    label: 'Shown',
    value: (row) => row.revealed,
    width: '80px',
    align: 'end',
    secondary: true,
  },
  {
    key: 'aggregator',
    label: 'Combined by',
    value: (row) => row.aggregator,
    width: '150px',
    secondary: true,
  },
  {
    key: 'fall',
    label: 'Less loss',
    value: (row) => row.result?.overall?.fall ?? null,
    show: (row) => (row.result?.overall == null ? '' : fallText(row.result.overall.fall)),
    width: '90px',
    align: 'end',
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
