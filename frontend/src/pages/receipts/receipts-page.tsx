import { Button, TextInput } from '@mantine/core';
import { IconSearch, IconShieldCheck } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import type { ReceiptSummary } from '../../api/receipts.js';
import { AddressFilter } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useModels } from '../../hooks/models.js';
import { useNextPage } from '../../hooks/next-page.js';
import { useReceipts } from '../../hooks/receipts.js';

/** What was answered, and can it be proved? */
export default function ReceiptsPage() {
  const navigate = useNavigate();
  const [model] = useAddressFilter('model');
  const [filter, setFilter] = useAddressFilter('filter');
  const models = (useModels().data ?? []).map(({ name }) => name);
  const receipts = useReceipts(model);
  const more = useNextPage(receipts);
  const rows = (receipts.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((row) => matches(row, filter));
  return (
    <div className="page">
      <header className="page-head">
        <h1>Receipts</h1>
        <p>What was answered, and can it be proved?</p>
        <div className="tools">
          <AddressFilter name="model" label="Model" all="All models" choices={models} width={140} />
          <TextInput
            size="xs"
            w={220}
            aria-label="Filter"
            placeholder="Id, model, release"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        </div>
      </header>
      {receipts.isPending && <Loading lines={8} />}
      {receipts.isError && <ProblemNotice error={receipts.error} onRetry={() => void receipts.refetch()} />}
      {receipts.isSuccess && (
        <DataTable
          label="Receipts"
          noun="receipt"
          rows={rows}
          columns={columns(navigate)}
          rowKey={(row) => row.id}
          onOpen={(row) => void navigate(`/receipts/${row.id}`)}
          onEnd={more}
          complete={!receipts.hasNextPage}
          empty={
            filter === '' ? (
              <Empty title="No answer has been given yet">
                Every answer leaves a receipt here. Ask something on the Chat page.
              </Empty>
            ) : (
              <Empty title="No receipt matches">Clear the filter to see all of them.</Empty>
            )
          }
        />
      )}
    </div>
  );
}

function matches(receipt: ReceiptSummary, filter: string): boolean {
  const text = filter.trim().toLowerCase();
  return [receipt.id, receipt.release, receipt.model, receipt.version].some((value) => value.includes(text));
}

function columns(navigate: ReturnType<typeof useNavigate>): readonly Column<ReceiptSummary>[] {
  return [
    {
      key: 'id',
      label: 'Receipt',
      value: (row) => row.id,
      show: (row) => <Hash value={row.id} head={11} tail={4} />,
      width: 'minmax(150px, 1fr)',
    },
    {
      key: 'made',
      label: 'Made',
      value: (row) => row.finished_at,
      show: (row) => dateTime(row.finished_at),
      width: '172px',
      secondary: true,
    },
    { key: 'model', label: 'Model', value: (row) => `${row.model} ${row.version}`, secondary: true },
    {
      key: 'release',
      label: 'Release',
      value: (row) => row.release,
      show: (row) => <Hash value={row.release} />,
      width: '120px',
      secondary: true,
    },
    {
      key: 'prompt',
      label: 'Prompt',
      value: (row) => row.prompt_tokens,
      show: (row) => number(row.prompt_tokens),
      align: 'end',
      width: '70px',
      secondary: true,
    },
    {
      key: 'tokens',
      label: 'Tokens',
      value: (row) => row.completion_tokens,
      show: (row) => number(row.completion_tokens),
      align: 'end',
      width: '70px',
    },
    {
      key: 'verify',
      label: 'Proof',
      value: () => null,
      show: (row) => <VerifyButton id={row.id} onOpen={(path) => void navigate(path)} />,
      width: '82px',
      align: 'end',
    },
  ];
}

function VerifyButton({ id, onOpen }: { id: string; onOpen: (path: string) => void }) {
  return (
    <Button
      size="compact-xs"
      variant="light"
      leftSection={<IconShieldCheck size={13} aria-hidden />}
      aria-label={`Verify ${id}`}
      onClick={(event) => {
        event.stopPropagation();
        onOpen(`/receipts/${id}?verify=1`);
      }}
    >
      Verify
    </Button>
  );
}
