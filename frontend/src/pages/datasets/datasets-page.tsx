import { useNavigate } from 'react-router';
import type { DatasetSummary } from '../../api/datasets.js';
import { AddressFilter, choicesOf } from '../../components/address-filter.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { bytes, dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useDatasets } from '../../hooks/datasets.js';
import { useNextPage } from '../../hooks/next-page.js';
import { DATASET_STAGES, DatasetStage } from './dataset-stage.js';
import styles from './datasets.module.css';
import { UploadForm } from './upload-form.js';

/** What may models be trained on? */
export default function DatasetsPage() {
  const navigate = useNavigate();
  const [stage] = useAddressFilter('stage');
  const datasets = useDatasets(stage);
  const more = useNextPage(datasets);
  return (
    <div className={`page ${styles.page}`}>
      <header className="page-head">
        <h1>Datasets</h1>
        <p>What may models be trained on?</p>
        <div className="tools">
          <AddressFilter name="stage" label="Stage" all="All stages" choices={choicesOf(DATASET_STAGES)} />
        </div>
      </header>
      <UploadForm onUploaded={({ id }) => void navigate(`/dataset-list/${id}`)} />
      {datasets.isPending && <Loading lines={8} />}
      {datasets.isError && <ProblemNotice error={datasets.error} onRetry={() => void datasets.refetch()} />}
      {datasets.isSuccess && (
        <DataTable
          label="Datasets"
          noun="dataset"
          rows={datasets.data.pages.flatMap((page) => page.items)}
          columns={columns}
          rowKey={(row) => row.id}
          onOpen={(row) => void navigate(`/dataset-list/${row.id}`)}
          onEnd={more}
          complete={!datasets.hasNextPage}
          empty={
            <Empty title={stage === '' ? 'Nobody has uploaded a dataset yet' : 'No dataset is at this stage'}>
              Upload a file of JSON lines above, or with: npx stemma dataset upload
            </Empty>
          }
        />
      )}
    </div>
  );
}

const columns: readonly Column<DatasetSummary>[] = [
  {
    key: 'stage',
    label: 'Stage',
    value: (row) => row.stage,
    show: (row) => <DatasetStage stage={row.stage} />,
    width: '170px',
  },
  { key: 'name', label: 'Name', value: (row) => `${row.name} ${row.version}` },
  { key: 'licence', label: 'Licence', value: (row) => row.licence, width: '140px', secondary: true },
  {
    key: 'documents',
    label: 'Documents',
    value: (row) => row.audit?.documents ?? null,
    width: '110px',
    align: 'end',
    secondary: true,
  },
  {
    key: 'bytes',
    label: 'Size',
    value: (row) => row.bytes,
    show: (row) => bytes(row.bytes),
    width: '100px',
    align: 'end',
    secondary: true,
  },
  {
    key: 'created',
    label: 'Uploaded',
    value: (row) => row.created_at,
    show: (row) => dateTime(row.created_at),
    width: '160px',
    secondary: true,
  },
];
