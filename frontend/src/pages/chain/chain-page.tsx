import { SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useGraph } from '../../hooks/chain.js';
import { useModels, useReleaseVersions } from '../../hooks/models.js';
import { BlockTable } from './block-table.js';
import { DagPicture } from './dag-picture.js';
import { filterGraph } from './graph-filter.js';

const types = ['release', 'meta', 'tokenizer', 'dense', 'router', 'expert'];

/** Where does each weight come from? Picture and table of the same blocks, with the same filters. */
export default function ChainPage() {
  const [query, setQuery] = useSearchParams();
  const read = (name: string): string => query.get(name) ?? '';
  const change = (name: string, value: string | null): void => {
    const next = new URLSearchParams(query);
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
    setQuery(next, { replace: true });
  };
  const models = (useModels().data ?? []).map(({ name }) => name);
  const graph = useGraph(read('model'));
  const versions = useReleaseVersions(models);
  const shown = graph.data && filterGraph(graph.data, read('type'), read('filter'));
  return (
    <div className="page">
      <header className="page-head">
        <h1>Chain</h1>
        <p>Where does each weight come from?</p>
        <div className="tools">
          <SegmentedControl
            size="xs"
            aria-label="View"
            data={[
              { value: 'picture', label: 'Picture' },
              { value: 'table', label: 'Table' },
            ]}
            value={read('view') === 'table' ? 'table' : 'picture'}
            onChange={(value) => change('view', value === 'table' ? 'table' : null)}
          />
          <Filter
            label="Model"
            all="All models"
            data={models}
            value={read('model')}
            onChange={(value) => change('model', value)}
          />
          <Filter
            label="Type"
            all="All types"
            data={types}
            value={read('type')}
            onChange={(value) => change('type', value)}
          />
          <TextInput
            size="xs"
            w={170}
            aria-label="Filter"
            placeholder="Name or hash"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={read('filter')}
            onChange={(event) => change('filter', event.currentTarget.value)}
          />
        </div>
      </header>
      {graph.isPending && <Loading lines={8} />}
      {graph.isError && <ProblemNotice error={graph.error} onRetry={() => void graph.refetch()} />}
      {shown !== undefined && shown.nodes.length === 0 && (
        <div className="panel">
          <Empty title={graph.data?.nodes.length === 0 ? 'The chain is empty' : 'No block matches'}>
            {graph.data?.nodes.length === 0 ? (
              <>
                Import a model: <code>npx stemma import &lt;folder&gt;</code>
              </>
            ) : (
              'Clear the filters to see all blocks.'
            )}
          </Empty>
        </div>
      )}
      {shown !== undefined && shown.nodes.length > 0 && (
        <>
          {read('view') === 'table' ? (
            <BlockTable nodes={shown.nodes} />
          ) : (
            <DagPicture graph={shown} versions={versions} />
          )}
          {graph.data?.truncated && (
            <p className="label">Older blocks are left out; choose a model to see its own.</p>
          )}
        </>
      )}
    </div>
  );
}

function Filter(props: {
  label: string;
  all: string;
  data: readonly string[];
  value: string;
  onChange: (value: string | null) => void;
}) {
  return (
    <Select
      size="xs"
      w={126}
      aria-label={props.label}
      placeholder={props.all}
      clearable
      clearButtonProps={{ 'aria-label': props.all }}
      data={[...props.data]}
      value={props.value === '' ? null : props.value}
      onChange={props.onChange}
    />
  );
}
