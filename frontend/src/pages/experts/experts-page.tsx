import { SegmentedControl } from '@mantine/core';
import { useNavigate, useSearchParams } from 'react-router';
import type { ExpertUse } from '../../api/experts.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { duration, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useExperts } from '../../hooks/experts.js';
import { CacheChart } from './cache-chart.js';
import { CacheCurves } from './cache-curves.js';
import { CacheReadings } from './cache-readings.js';
import styles from './experts.module.css';
import { HeatMap } from './heat-map.js';
import { measures, type MeasureName } from './measures.js';
import { Removals } from './removals.js';

/** Which experts do the work? */
export default function ExpertsPage() {
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const experts = useExperts();
  const measure: MeasureName = query.get('measure') === 'load' ? 'load' : 'use';
  return (
    <div className="page">
      <header className="page-head">
        <h1>Experts</h1>
        <p>Which experts do the work?</p>
        <div className="tools">
          <SegmentedControl
            size="xs"
            aria-label="Measure"
            data={Object.entries(measures).map(([value, { label }]) => ({ value, label }))}
            value={measure}
            onChange={(value) => setQuery(value === 'use' ? {} : { measure: value }, { replace: true })}
          />
        </div>
      </header>
      <CacheReadings experts={experts.data ?? []} />
      <div className={styles.figures}>
        <section className="panel panel-body" aria-label="Heat map, layers by experts">
          {experts.isPending && <Loading lines={6} />}
          {experts.isError && <ProblemNotice error={experts.error} onRetry={() => void experts.refetch()} />}
          {experts.data !== undefined &&
            (experts.data.length === 0 ? (
              <Empty title="No expert has been used yet">
                Ask something on the Chat page; the map fills as answers are made.
              </Empty>
            ) : (
              <HeatMap experts={experts.data} measure={measures[measure]} />
            ))}
        </section>
        <section className="panel" aria-label="Cache over time">
          <CacheChart />
          <CacheCurves />
        </section>
      </div>
      <Removals />
      {experts.data !== undefined && experts.data.length > 0 && (
        <DataTable
          label="Experts"
          noun="expert"
          rows={experts.data}
          columns={columns}
          rowKey={(row) => row.block}
          onOpen={(row) => void navigate(`/blocks/B/${row.block}`)}
          complete
          empty={null}
        />
      )}
    </div>
  );
}

const columns: readonly Column<ExpertUse>[] = [
  { key: 'name', label: 'Expert', value: (row) => row.name },
  {
    key: 'block',
    label: 'Block',
    value: (row) => row.block,
    show: (row) => <Hash value={row.block} />,
    secondary: true,
  },
  { key: 'layer', label: 'Layer', value: (row) => row.layer, align: 'end', width: '64px', secondary: true },
  {
    key: 'uses',
    label: 'Token passes',
    value: (row) => row.uses,
    show: (row) => number(row.uses),
    align: 'end',
    width: '110px',
  },
  {
    key: 'load',
    label: 'Mean load',
    value: (row) => row.load_ms,
    show: (row) => (row.load_ms === null ? '–' : duration(row.load_ms)),
    align: 'end',
    width: '96px',
  },
];
