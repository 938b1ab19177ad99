import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch, IconShieldCheck } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { ReceiptSummary } from '../../api/receipts.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useModels } from '../../hooks/models.js';
import { useReceipts } from '../../hooks/receipts.js';

/** What was answered, and can it be proved? */
export default function ReceiptsPage() {
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const model = query.get('model') ?? '';
  const filter = query.get('filter') ?? '';
  const models = (useModels().data ?? []).map(({ name }) => name);
  const receipts = useReceipts(model);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = receipts;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = (receipts.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter((row) => matches(row, filter));
  const change = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setQuery(next, { replace: true });
  };
  return (
    <div className="page">
      <header className="page-head">
        <h1>Receipts</h1>
        <p>What was answered, and can it be proved?</p>
        <div className="tools">
          <Select
            size="xs"
            w={140}
            aria-label="Model"
            placeholder="All models"
            clearable
            clearButtonProps={{ 'aria-label': 'All models' }}
            data={models}
            value={model === '' ? null : model}
            onChange={(value) => change('model', value ?? '')}
          />
          <TextInput
            size="xs"
            w={220}
            aria-label="Filter"
            placeholder="Id, model, release"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={filter}
            onChange={(event) => change('filter', event.currentTarget.value)}
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
          complete={!hasNextPage}
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
