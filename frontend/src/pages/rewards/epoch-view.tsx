import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Earning, Epoch, EpochRecord } from '../../api/rewards.js';
import { Amount } from '../../components/amount.js';
import { Command } from '../../components/command.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { count, dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useEpoch } from '../../hooks/rewards.js';
import { AccountLink } from './account-link.js';
import { sharesOf, type EpochShare } from './epoch-shares.js';
import { EpochState } from './epoch-state.js';
import { Part } from './part.js';
import { Recompute } from './recompute.js';

/** One epoch: who was paid what and why, and how to work it out again. */
export function EpochView({ epoch: number }: { epoch: string }) {
  const epoch = useEpoch(number);
  return (
    <>
      <Anchor component={Link} to="/rewards" size="sm">
        All epochs
      </Anchor>
      {epoch.isPending && <Loading lines={8} />}
      {epoch.isError && <ProblemNotice error={epoch.error} onRetry={() => void epoch.refetch()} />}
      {epoch.isSuccess && <EpochParts epoch={epoch.data} />}
    </>
  );
}

function EpochParts({ epoch }: { epoch: Epoch }) {
  const { record, log_index: leaf } = epoch;
  const { input, totals } = record;
  return (
    <>
      <header className="page-head">
        <h1>Epoch {epoch.epoch}</h1>
        <p>
          {count(input.verdicts, 'verdict')}, {count(input.answers, 'answer')}, {count(input.scores, 'score')}{' '}
          until {dateTime(record.at)}
        </p>
        <div className="tools">
          <EpochState epoch={{ totals, log_index: leaf }} />
        </div>
      </header>
      <Part title="Who was paid">
        <DataTable
          label="Shares"
          noun="account"
          rows={sharesOf(record)}
          columns={shareColumns}
          rowKey={(row) => row.account}
          complete
          empty={<Empty title="Nobody earned anything">Use earns nothing while answers are free.</Empty>}
        />
      </Part>
      {record.earned.length > 0 && (
        <Part title="Why it was earned">
          <DataTable
            label="Reasons"
            noun="reward"
            rows={record.earned}
            columns={earningColumns}
            rowKey={({ account, kind, reference }) => `${account} ${kind} ${reference}`}
            complete
            empty={null}
          />
        </Part>
      )}
      <Checks epoch={epoch} />
    </>
  );
}

/** The record's facts, and the ways to work it out again. */
function Checks({ epoch: published }: { epoch: Epoch }) {
  const { epoch, hash, log_index: leaf, record } = published;
  return (
    <section className="panel" aria-labelledby="recompute">
      <div className="panel-head">
        <h2 id="recompute">What can be checked</h2>
        <span className="label">it follows from the log alone</span>
      </div>
      <div className="panel-body" style={{ display: 'grid', gap: 14 }}>
        <Recompute key={hash} epoch={published} />
        <div style={{ display: 'grid', gap: 6 }}>
          <span className="label">Work it out elsewhere, from the own data folder or from this server</span>
          <Command>{`npx stemma rewards recompute --epoch ${epoch}`}</Command>
          <Command>{`npx stemma rewards recompute --epoch ${epoch} --server ${globalThis.location.origin}`}</Command>
        </div>
        <dl className="facts">
          <dt>Record</dt>
          <dd>
            <Hash value={hash} />, {leaf === null ? 'not in the log yet' : `leaf ${number(leaf)} of the log`}
          </dd>
          <dt>Leaves it covers</dt>
          <dd>
            {number(record.first)} to {number(record.end - 1)}, under root <Hash value={record.root} />
          </dd>
          <dt>Record before</dt>
          <dd>{record.previous === null ? 'none: it is the first' : <Hash value={record.previous} />}</dd>
          <After after={record.after} />
        </dl>
      </div>
    </section>
  );
}

function After({ after }: { after: EpochRecord['after'] }) {
  const factor = (millionths: string) => number(Number(millionths) / 1e6, 3);
  return (
    <>
      <dt>Issued in {after.year}</dt>
      <dd>
        <Amount units={after.year_issued} /> of <Amount units={after.year_budget} />
      </dd>
      <dt>Factors of the next</dt>
      <dd>
        learning {factor(after.alpha)}, use {factor(after.beta)}
      </dd>
    </>
  );
}

const shareColumns: readonly Column<EpochShare>[] = [
  {
    key: 'account',
    label: 'Account',
    value: (row) => row.account,
    show: (row) => <AccountLink account={row.account} />,
    width: 'minmax(160px, 2fr)',
  },
  amountColumn('earned', 'Earned', true),
  amountColumn('paid', 'Paid', false),
  amountColumn('carried', 'Carried over', true),
];

function amountColumn(
  key: 'earned' | 'paid' | 'carried',
  label: string,
  secondary: boolean,
): Column<EpochShare> {
  return {
    ...{ key, label, secondary, align: 'end' },
    value: (row) => BigInt(row[key]),
    show: (row) => <Amount units={row[key]} />,
  };
}

const WHY: Readonly<Record<Earning['kind'], string>> = {
  learning: 'an expert that made the model better',
  catalyst: 'the same, from the catalyst pool',
  dataset: 'data that an expert was trained on',
  usage: 'answers that its experts computed',
};

const earningColumns: readonly Column<Earning>[] = [
  {
    key: 'kind',
    label: 'Why',
    value: (row) => row.kind,
    show: (row) => WHY[row.kind],
    width: 'minmax(130px, 2fr)',
  },
  {
    key: 'account',
    label: 'Account',
    value: (row) => row.account,
    show: (row) => <AccountLink account={row.account} />,
    secondary: true,
  },
  {
    key: 'reference',
    label: 'Verdict',
    value: (row) => row.reference,
    show: ({ reference }) =>
      reference === null ? (
        '–'
      ) : (
        <Anchor component={Link} to={`/blocks/D/${reference}`} size="sm" className="mono" title={reference}>
          {reference.slice(0, 8)}…
        </Anchor>
      ),
    width: '110px',
    secondary: true,
  },
  {
    key: 'amount',
    label: 'Amount',
    value: (row) => BigInt(row.amount),
    show: (row) => <Amount units={row.amount} />,
    align: 'end',
  },
];
