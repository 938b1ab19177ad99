import { Button, Progress, Select } from '@mantine/core';
import { useState } from 'react';
import type { MirrorRun } from '../../api/mirror.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useMe } from '../../hooks/account.js';
import { useMeasure, useReleaseNames } from '../../hooks/mirror.js';
import styles from './truth-mirror.module.css';

/** Begins a measurement, for those who may, and shows how far it is. */
export function MeasurePanel({ last, progress }: { last: MirrorRun | null; progress: number | null }) {
  const me = useMe().data;
  const names = useReleaseNames();
  const measure = useMeasure();
  const [chosen, setChosen] = useState<string | null>(null);
  const name = chosen ?? names.at(0) ?? null;
  const running = last?.state === 'running';
  const may =
    me !== undefined && (me.single_user || ['guardian', 'admin'].some((role) => me.roles.includes(role)));
  const begin = () => {
    const [model, version] = String(name).split('@');
    measure.mutate({ model, version });
  };
  if (!may && !running) return null;
  return (
    <section
      className={`panel panel-body ${styles.measure} ${styles.noPrint}`}
      aria-label="Measure a release"
    >
      {may && (
        <div className="row">
          <Select
            size="xs"
            w={220}
            aria-label="Release"
            data={[...names]}
            value={name}
            onChange={setChosen}
            allowDeselect={false}
          />
          <Button size="xs" disabled={name === null || running} loading={measure.isPending} onClick={begin}>
            Measure
          </Button>
        </div>
      )}
      {running && (
        <div className={styles.progress} role="status">
          <State is="waiting">
            {last.model} {last.version} is being measured
            {progress === null ? '' : `: ${Math.floor(progress * 100)} %`}
          </State>
          <Progress size="sm" value={(progress ?? 0) * 100} aria-label="How much is measured" />
        </div>
      )}
      {last !== null && ['failed', 'cancelled'].includes(last.state) && (
        <State is="failed">
          The last measurement ended without a report: {last.detail} ({last.code})
        </State>
      )}
      {measure.isError && <ProblemNotice error={measure.error} />}
    </section>
  );
}
