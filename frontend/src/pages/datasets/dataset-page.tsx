import { Anchor } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { Dataset } from '../../api/datasets.js';
import { bytes, dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useDataset } from '../../hooks/datasets.js';
import { DatasetStage } from './dataset-stage.js';
import styles from './datasets.module.css';
import { DecisionPanel } from './decision-panel.js';
import { LineagePanel } from './lineage-panel.js';
import { ReportView } from './report-view.js';
import { VotePanel } from './vote-panel.js';

/** One dataset: what it is, what was found in it, the vote, and what descends from it. */
export default function DatasetPage() {
  const { id = '' } = useParams();
  const dataset = useDataset(id);
  return (
    <div className={`page ${styles.page}`}>
      <Anchor component={Link} to="/dataset-list" size="sm">
        All datasets
      </Anchor>
      {dataset.isPending && <Loading lines={8} />}
      {dataset.isError && <ProblemNotice error={dataset.error} onRetry={() => void dataset.refetch()} />}
      {dataset.isSuccess && <DatasetView dataset={dataset.data} />}
    </div>
  );
}

function DatasetView({ dataset }: { dataset: Dataset }) {
  const { audit, reasons, note, appeal } = dataset;
  return (
    <>
      <header className="page-head">
        <h1>
          {dataset.name} {dataset.version}
        </h1>
        <p>{dataset.source}</p>
        <div className="tools">
          <DatasetStage stage={dataset.stage} />
        </div>
      </header>
      {(reasons.length > 0 || note !== null) && (
        <p className={styles.line}>
          <span className="mono">{reasons.join(', ')}</span> {note}
          {dataset.appeal_until !== null &&
            ` May be appealed against until ${dateTime(dataset.appeal_until)}.`}
        </p>
      )}
      {appeal !== null && <p className={styles.line}>Appeal: {appeal.reason}</p>}
      <Facts dataset={dataset} />
      <VotePanel dataset={dataset} />
      {typeof audit?.report === 'string' && <ReportView id={dataset.id} hash={audit.report} />}
      <DecisionPanel dataset={dataset} />
      <LineagePanel dataset={dataset} />
    </>
  );
}

function Facts({ dataset }: { dataset: Dataset }) {
  const { audit } = dataset;
  return (
    <dl className={`facts ${styles.facts}`}>
      <dt>Dataset</dt>
      <dd>
        <Hash value={dataset.id} head={11} />
      </dd>
      <dt>Licence</dt>
      <dd>{dataset.licence}</dd>
      <dt>Uploaded</dt>
      <dd>
        {dateTime(dataset.created_at)} by {dataset.creator}
      </dd>
      <dt>Files</dt>
      <dd>
        {dataset.files.map(({ name }) => name).join(', ')}, {bytes(dataset.bytes)}
        {dataset.file_gone && ', removed'}
      </dd>
      <dt>SHA-256</dt>
      <dd>
        <Hash value={dataset.sha256} />
      </dd>
      <dt>Expected gain</dt>
      <dd>
        {audit?.gain == null
          ? 'not measured'
          : [audit.gain, ...(audit.gain.others ?? [])].map(gainText).join('; ')}
      </dd>
    </dl>
  );
}

function gainText(gain: { model: string; nats_per_byte: number; expected: number | null }): string {
  const loss = `${gain.model} has a loss of ${number(gain.nats_per_byte, 3)} nats/byte on it`;
  return gain.expected === null ? loss : `${number(gain.expected * 100, 1)} %: ${loss}`;
}
