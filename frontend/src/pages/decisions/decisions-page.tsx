import { useNavigate } from 'react-router';
import type { Decision } from '../../api/autonomy.js';
import { AddressFilter } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { DecisionState } from '../../components/decision-state.js';
import { dateTime, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useDecisionMetrics, useDecisions } from '../../hooks/autonomy.js';
import { useNextPage } from '../../hooks/next-page.js';
import { CalibrationCurve } from './calibration-curve.js';
import { DryRun } from './dry-run.js';
import { MatrixTable } from './matrix-table.js';
import styles from './decisions.module.css';

/** What does the server decide by itself, and how well? */
export default function DecisionsPage() {
  const metrics = useDecisionMetrics();
  const [type] = useAddressFilter('type');
  if (metrics.isError)
    return (
      <div className="page">
        <ProblemNotice error={metrics.error} onRetry={() => void metrics.refetch()} />
      </div>
    );
  return (
    <div className={`page ${styles.page}`}>
      <header className="page-head">
        <h1>Decisions</h1>
        <p>What does it decide by itself, and how well?</p>
        <div className="tools">
          <AddressFilter
            name="type"
            label="Type"
            all="All types"
            choices={(metrics.data?.types ?? []).map((each) => each.type)}
          />
        </div>
      </header>
      <History type={type} />
      {metrics.isPending && <Loading lines={8} />}
      {metrics.isSuccess && (
        <>
          <div className={styles.two}>
            <CalibrationCurve
              figures={metrics.data.types.find((each) => each.type === type) ?? metrics.data}
            />
            <DryRun />
          </div>
          <MatrixTable metrics={metrics.data} />
        </>
      )}
    </div>
  );
}

function History({ type }: { type: string }) {
  const navigate = useNavigate();
  const decisions = useDecisions(type);
  const more = useNextPage(decisions);
  if (decisions.isPending) return <Loading lines={6} />;
  if (decisions.isError)
    return <ProblemNotice error={decisions.error} onRetry={() => void decisions.refetch()} />;
  return (
    <DataTable
      label="Decisions"
      noun="decision"
      rows={decisions.data.pages.flatMap((page) => page.items)}
      columns={columns}
      rowKey={(row) => row.decision_id}
      onOpen={(row) => void navigate(`/decisions/${row.decision_id}`)}
      onEnd={more}
      complete={!decisions.hasNextPage}
      empty={
        <Empty title="Nothing was decided yet">
          Ask for an action below, or by POST /api/autonomous/decision; docs/autonomy.md says how.
        </Empty>
      }
    />
  );
}

const columns: readonly Column<Decision>[] = [
  {
    key: 'state',
    label: 'State',
    value: (row) => row.state,
    show: (row) => <DecisionState state={row.state} />,
    width: '170px',
  },
  { key: 'what', label: 'What', value: (row) => row.what },
  { key: 'type', label: 'Type', value: (row) => row.type, width: '130px', secondary: true },
  {
    key: 'lower',
    label: 'At least',
    value: (row) => row.confidence.lower,
    show: (row) => number(row.confidence.lower, 2),
    width: '80px',
    align: 'end',
    secondary: true,
  },
  {
    key: 'by',
    label: 'Decided by',
    value: (row) => row.decided_by,
    width: '120px',
    secondary: true,
  },
  {
    key: 'created',
    label: 'When',
    value: (row) => row.created_at,
    show: (row) => dateTime(row.created_at),
    width: '160px',
    secondary: true,
  },
];
