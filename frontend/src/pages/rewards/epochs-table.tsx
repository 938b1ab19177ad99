import { useNavigate } from 'react-router';
import type { EpochSummary } from '../../api/rewards.js';
import { Amount } from '../../components/amount.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { count, dateTime, number } from '../../components/format.js';
import { Empty } from '../../components/notice.js';
import { EpochState } from './epoch-state.js';
import { stateOf } from './epoch-shares.js';

/** Epochs, newest first; a row opens its epoch. */
export function EpochsTable(props: {
  epochs: readonly EpochSummary[];
  complete: boolean;
  onEnd: () => void;
}) {
  const navigate = useNavigate();
  return (
    <DataTable
      label="Epochs"
      noun="epoch"
      rows={props.epochs}
      columns={columns}
      rowKey={(row) => String(row.epoch)}
      onOpen={(row) => void navigate(`/rewards?epoch=${row.epoch}`)}
      onEnd={props.onEnd}
      complete={props.complete}
      empty={
        <Empty title="No epoch was paid yet">
          An epoch is worked out every half hour in which something counted. Hand in an expert with: npx
          stemma submit
        </Empty>
      }
    />
  );
}

/** What an epoch was worked out from: `1 verdict, 20 answers`. */
function countedText({ input }: EpochSummary): string {
  const parts = [
    [input.verdicts, 'verdict'],
    [input.answers, 'answer'],
    [input.scores, 'score'],
  ] as const;
  return parts.flatMap(([many, noun]) => (many === 0 ? [] : [count(many, noun)])).join(', ');
}

const columns: readonly Column<EpochSummary>[] = [
  { key: 'epoch', label: 'Epoch', value: (row) => row.epoch, width: '70px' },
  {
    key: 'state',
    label: 'State',
    value: stateOf,
    show: (row) => <EpochState epoch={row} />,
    width: '170px',
  },
  {
    key: 'at',
    label: 'Until',
    value: (row) => row.at,
    show: (row) => dateTime(row.at),
    width: '160px',
    secondary: true,
  },
  {
    key: 'leaves',
    label: 'Leaves of the log',
    value: (row) => row.first,
    show: ({ first, end }) => `${number(first)} to ${number(end - 1)}`,
    secondary: true,
  },
  {
    key: 'counted',
    label: 'Counted',
    value: ({ input }) => input.verdicts + input.answers + input.scores,
    show: countedText,
    secondary: true,
  },
  {
    key: 'earned',
    label: 'Earned',
    value: ({ totals }) => BigInt(totals.earned),
    show: ({ totals }) => <Amount units={totals.earned} />,
    align: 'end',
    secondary: true,
  },
  {
    key: 'paid',
    label: 'Paid',
    value: ({ totals }) => BigInt(totals.paid),
    show: ({ totals }) => <Amount units={totals.paid} />,
    align: 'end',
  },
  {
    key: 'leaf',
    label: 'Log leaf',
    value: (row) => row.log_index,
    show: ({ log_index: leaf }) => (leaf === null ? 'not yet' : number(leaf)),
    width: '80px',
    align: 'end',
    secondary: true,
  },
];
