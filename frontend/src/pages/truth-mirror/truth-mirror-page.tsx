import { Button, Select } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import type { MirrorRun } from '../../api/mirror.js';
import { dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useMirrorRuns } from '../../hooks/mirror.js';
import { MeasurePanel } from './measure-panel.js';
import { ReportView } from './report-view.js';
import styles from './truth-mirror.module.css';

/** What does a release do to people? */
export default function TruthMirrorPage() {
  const { runs, progress } = useMirrorRuns();
  const [query, setQuery] = useSearchParams();
  const completed = (runs.data ?? []).filter(({ state }) => state === 'completed');
  const shown = query.get('report') ?? completed.at(0)?.id ?? null;
  const beside = query.get('beside');
  const choose = (name: string) => (value: string | null) => {
    const next = new URLSearchParams(query);
    if (value === null) next.delete(name);
    else next.set(name, value);
    setQuery(next, { replace: true });
  };
  const options = completed.map(optionOf);
  return (
    <div className="page">
      <header className="page-head">
        <h1>Truth mirror</h1>
        <p>What does a release do to people?</p>
        {shown !== null && (
          <div className={`tools ${styles.noPrint}`}>
            <Select
              size="xs"
              w={240}
              aria-label="Report"
              data={options}
              value={shown}
              onChange={choose('report')}
              allowDeselect={false}
            />
            <Select
              size="xs"
              w={240}
              aria-label="Beside it"
              placeholder="Nothing beside it"
              clearable
              clearButtonProps={{ 'aria-label': 'Nothing beside it' }}
              data={options.filter(({ value }) => value !== shown)}
              value={beside}
              onChange={choose('beside')}
            />
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPrinter size={14} aria-hidden />}
              onClick={() => globalThis.print()}
            >
              Print
            </Button>
          </div>
        )}
      </header>
      <MeasurePanel last={runs.data?.at(0) ?? null} progress={progress} />
      {runs.isPending && <Loading lines={8} />}
      {runs.isError && <ProblemNotice error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isSuccess && shown === null && (
        <Empty title="No release has been measured yet">
          Choose one above; it takes seconds for a small model.
        </Empty>
      )}
      {shown !== null && (
        <div className={beside === null ? styles.one : styles.two}>
          <ReportView run={shown} />
          {beside !== null && <ReportView run={beside} />}
        </div>
      )}
    </div>
  );
}

function optionOf({ id, model, version, finished_at }: MirrorRun) {
  const when = finished_at === null ? '' : ` · ${dateTime(Date.parse(finished_at))}`;
  return { value: id, label: `${model} ${version}${when}` };
}
