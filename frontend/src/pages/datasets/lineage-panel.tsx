import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Dataset } from '../../api/datasets.js';
import { count, dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { useLineage } from '../../hooks/datasets.js';
import { DatasetStage } from './dataset-stage.js';
import styles from './datasets.module.css';

/** Where a dataset comes from, stage by stage, and what was trained on it. */
export function LineagePanel({ dataset }: { dataset: Dataset }) {
  const lineage = useLineage(dataset.id).data;
  return (
    <section className="panel" aria-labelledby="lineage">
      <div className="panel-head">
        <h2 id="lineage">Lineage</h2>
        <span className="label">every stage is a block of chain D</span>
      </div>
      <ol className={styles.list} aria-label="Stages">
        {dataset.stages.map(({ block, stage, timestamp }) => (
          <li key={block}>
            <DatasetStage stage={stage} />
            <span className="label">{dateTime(timestamp)}</span>
            <Anchor
              component={Link}
              to={`/blocks/D/${block}`}
              size="sm"
              aria-label={`Block of the stage ${stage}`}
            >
              block
            </Anchor>
            <Hash value={block} />
          </li>
        ))}
      </ol>
      <div className="panel-body">
        {lineage?.blocks.length === 0 && <span className="label">Nothing was trained on it yet.</span>}
        {lineage !== undefined && lineage.blocks.length > 0 && (
          <>
            <p className={styles.line}>
              {count(lineage.blocks.length, 'expert')}
              {lineage.truncated ? ' and more' : ''} trained on it or further from such, in{' '}
              {count(lineage.releases.length, 'release')}
            </p>
            <ul className={styles.list} aria-label="Releases that depend on it">
              {lineage.releases.map(({ hash, model, version, blocks }) => (
                <li key={hash}>
                  <Anchor component={Link} to={`/blocks/A/${hash}`} size="sm">
                    {model}@{version}
                  </Anchor>
                  <span className="label">{count(blocks, 'expert')}</span>
                </li>
              ))}
            </ul>
            <ul className={styles.list} aria-label="Trained on it">
              {lineage.blocks.map(({ hash, name, model }) => (
                <li key={hash}>
                  <Anchor component={Link} to={`/blocks/B/${hash}`} size="sm">
                    {model} {name}
                  </Anchor>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}
