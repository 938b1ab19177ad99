import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { LineageDataset } from '../../api/lineage.js';

/** Ways to the datasets that an expert was trained on; to the block alone where it is not a dataset of this server. */
export function DatasetLinks({ datasets }: { datasets: readonly LineageDataset[] }) {
  if (datasets.length === 0) return <span className="label">not stated</span>;
  return datasets.map(({ block, dataset, name, version }, i) => (
    <span key={block}>
      {i > 0 && ', '}
      <Anchor
        component={Link}
        to={dataset === null ? `/blocks/D/${block}` : `/dataset-list/${dataset}`}
        size="sm"
        title={block}
      >
        {dataset === null ? `block ${block.slice(0, 8)}…` : `${name} ${version}`}
      </Anchor>
    </span>
  ));
}
