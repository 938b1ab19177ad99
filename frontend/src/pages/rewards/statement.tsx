import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { StatementLine } from '../../api/rewards.js';
import { Amount } from '../../components/amount.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useNextPage } from '../../hooks/next-page.js';
import { useStatement } from '../../hooks/rewards.js';
import { AccountLink } from './account-link.js';
import { Part } from './part.js';
import {
  correctedText,
  correctionOf,
  counterpart,
  epochOf,
  kindText,
  receiptOf,
  signedUnits,
  signOf,
} from './statement-line.js';

/** Every transfer from and to an account, newest first. */
export function Statement({ account }: { account: string }) {
  const statement = useStatement(account);
  const more = useNextPage(statement);
  if (statement.isPending) return <Loading lines={6} />;
  if (statement.isError)
    return <ProblemNotice error={statement.error} onRetry={() => void statement.refetch()} />;
  return (
    <Part title="Statement">
      <DataTable
        label="Statement"
        noun="transfer"
        rows={statement.data.pages.flatMap((page) => page.items)}
        columns={columnsFor(account)}
        rowKey={(line) => line.transfer}
        onEnd={more}
        complete={!statement.hasNextPage}
        empty={<Empty title="No transfer yet">What is paid at the end of an epoch appears here.</Empty>}
      />
    </Part>
  );
}

function columnsFor(account: string): readonly Column<StatementLine>[] {
  return [
    {
      key: 'at',
      label: 'When',
      value: (line) => line.at,
      show: (line) => dateTime(Date.parse(line.at)),
      width: '160px',
      secondary: true,
    },
    { key: 'kind', label: 'What', value: whatText, width: 'minmax(110px, 1fr)' },
    {
      key: 'amount',
      label: 'Amount',
      value: (line) => signedUnits(line, account),
      show: (line) => <Amount units={line.amount} sign={signOf(line, account)} />,
      width: 'minmax(130px, 1fr)',
      align: 'end',
    },
    {
      key: 'counterpart',
      label: 'From or to',
      value: (line) => counterpart(line, account),
      show: (line) => <AccountLink account={counterpart(line, account)} />,
      width: '190px',
      secondary: true,
    },
    {
      key: 'reference',
      label: 'For',
      value: (line) => line.reference,
      show: ({ reference }) => <Reference reference={reference} />,
      width: '110px',
    },
    {
      key: 'block',
      label: 'Block',
      value: (line) => line.block,
      show: ({ block }) => (
        <Anchor component={Link} to={`/blocks/C/${block}`} size="sm" className="mono" title={block}>
          {block.slice(0, 8)}…
        </Anchor>
      ),
      width: '100px',
      secondary: true,
    },
    {
      key: 'leaf',
      label: 'Log leaf',
      value: (line) => line.log_index,
      show: ({ log_index: leaf }) => (leaf === null ? 'not yet' : number(leaf)),
      width: '80px',
      align: 'end',
      secondary: true,
    },
  ];
}

/** `paid, partly given back` */
function whatText(line: StatementLine): string {
  return [kindText(line), correctedText(line)].filter((part) => part !== null).join(', ');
}

function Reference({ reference }: { reference: string | null }) {
  const epoch = epochOf(reference);
  const correction = correctionOf(reference);
  if (correction !== null)
    return (
      <Anchor
        component={Link}
        to={`/task-list/${correction.task}`}
        size="sm"
        className="mono"
        title={`corrects transfer ${correction.transfer}`}
      >
        {correction.transfer.slice(0, 8)}…
      </Anchor>
    );
  const receipt = receiptOf(reference);
  if (receipt !== null)
    return (
      <Anchor component={Link} to={`/receipts/${receipt}`} size="sm" className="mono" title={receipt}>
        {receipt.slice(0, 13)}…
      </Anchor>
    );
  if (epoch === null) return reference ?? '–';
  return (
    <Anchor component={Link} to={`/rewards?epoch=${epoch}`} size="sm">
      epoch {epoch}
    </Anchor>
  );
}
