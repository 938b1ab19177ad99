import { useNavigate } from 'react-router';
import type { GraphNode } from '../../api/chain.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';

/** The blocks as a list. */
export function BlockTable({ nodes }: { nodes: readonly GraphNode[] }) {
  const navigate = useNavigate();
  return (
    <DataTable
      label="Blocks"
      noun="block"
      rows={nodes}
      columns={columns}
      rowKey={(row) => row.hash}
      onOpen={(row) => void navigate(`/blocks/${row.chain}/${row.hash}`)}
      complete
      empty={null}
    />
  );
}

const columns: readonly Column<GraphNode>[] = [
  { key: 'chain', label: 'Chain', value: (row) => row.chain, width: '52px' },
  {
    key: 'index',
    label: 'Position',
    value: (row) => row.index,
    align: 'end',
    width: '64px',
    secondary: true,
  },
  { key: 'type', label: 'Type', value: (row) => row.type, width: '90px' },
  { key: 'name', label: 'Name', value: (row) => row.name },
  { key: 'model', label: 'Model', value: (row) => row.model, secondary: true },
  {
    key: 'hash',
    label: 'Hash',
    value: (row) => row.hash,
    show: (row) => <Hash value={row.hash} />,
    width: '130px',
    secondary: true,
  },
  {
    key: 'made',
    label: 'Made',
    value: (row) => row.timestamp,
    show: (row) => dateTime(row.timestamp),
    width: '172px',
    secondary: true,
  },
];
