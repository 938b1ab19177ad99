import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch, IconShieldCheck } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { Receipt } from '../../api/receipts.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime, duration, number } from '../../components/format.js';
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
  const rows = (receipts.data?.pages ?? []).flatMap((page) => page.items).filter((row) => matches(row, filter));
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
            placeholder="Id, release, seed"
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
              <Empty title="No answer has been given yet">Every answer leaves a receipt here. Ask something on the Chat page.</Empty>
            ) : (
              <Empty title="No receipt matches">Clear the filter to see all of them.</Empty>
            )
          }
        />
      )}
    </div>
  );
}

function matches(receipt: Receipt, filter: string): boolean {
  const text = filter.trim().toLowerCase();
  return [receipt.id, receipt.release, receipt.kernel, String(receipt.request.seed)].some((value) => value.includes(text));
}

function columns(navigate: ReturnType<typeof useNavigate>): readonly Column<Receipt>[] {
  return [
    { key: 'id', label: 'Receipt', value: (row) => row.id, show: (row) => <Hash value={row.id} head={11} tail={4} />, width: 'minmax(150px, 1.2fr)' },
    { key: 'made', label: 'Made', value: (row) => row.started_at, show: (row) => dateTime(row.started_at), width: '150px', secondary: true },
    { key: 'release', label: 'Release', value: (row) => row.release, show: (row) => <Hash value={row.release} />, secondary: true },
    { key: 'tokens', label: 'Tokens', value: (row) => row.output.tokens, show: (row) => number(row.output.tokens), align: 'end', width: '64px' },
    { key: 'took', label: 'Took', value: (row) => row.finished_at - row.started_at, show: (row) => duration(row.finished_at - row.started_at), align: 'end', width: '76px', secondary: true },
    { key: 'seed', label: 'Seed', value: (row) => row.request.seed, align: 'end', width: '150px', secondary: true },
    { key: 'end', label: 'Ended by', value: (row) => row.output.finish, width: '78px', secondary: true },
    {
      key: 'verify',
      label: 'Proof',
      value: () => null,
      show: (row) => (
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<IconShieldCheck size={13} aria-hidden />}
          aria-label={`Verify ${row.id}`}
          onClick={(event) => {
            event.stopPropagation();
            void navigate(`/receipts/${row.id}?verify=1`);
          }}
        >
          Verify
        </Button>
      ),
      width: '78px',
    },
  ];
}
