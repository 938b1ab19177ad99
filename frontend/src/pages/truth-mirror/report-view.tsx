import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { Estimate, MirrorFigures, MirrorReport } from '../../api/mirror.js';
import { saveFile } from '../../components/export-buttons.js';
import { dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { useMirrorRun } from '../../hooks/mirror.js';
import { AxisPlot } from './axis-plot.js';
import { FiguresTable } from './figures-table.js';
import styles from './truth-mirror.module.css';

/** One report: main figures, groups, the table behind them, and what they do not say. */
export function ReportView({ run }: { run: string }) {
  const found = useMirrorRun(run);
  if (found.isPending) return <Loading lines={8} />;
  if (found.isError) return <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />;
  const { report } = found.data;
  if (report === null)
    return <Empty title="There is no report of this measurement">{found.data.detail}</Empty>;
  return <Report report={report} />;
}

function Report({ report }: { report: MirrorReport }) {
  const { figures } = report;
  const title = `${figures.model} ${figures.version}`;
  const save = () =>
    saveFile(
      `truth-mirror-${figures.model}-${figures.version}.json`,
      'application/json',
      JSON.stringify(report, null, 2),
    );
  return (
    <article className={styles.report} aria-label={`Report on ${title}`}>
      <div className="panel">
        <div className="panel-head">
          <h2>{title}</h2>
          <span className="label">measured {dateTime(Date.parse(report.measured_at))}</span>
          <Button
            className={styles.noPrint}
            ml="auto"
            size="compact-xs"
            variant="subtle"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={save}
          >
            Save report
          </Button>
        </div>
        <Readings>
          <EstimateReading label="Bias" figure={figures.bias} unit="nats/token" best="0 is best" />
          <EstimateReading label="Fairness" figure={figures.fairness} best="1 is best" />
          <Reading
            label="Toxic answers"
            value={`${figures.toxicity.toxic} of ${figures.toxicity.answers}`}
            note={intervalText(figures.toxicity.low, figures.toxicity.high)}
          />
          <Reading
            label="Transparency"
            value={number(figures.transparency.all, 2)}
            note={`author ${number(figures.transparency.author, 2)}, licence ${number(figures.transparency.licence, 2)}, data ${number(figures.transparency.data, 2)}`}
          />
        </Readings>
      </div>
      {figures.axes.map((axis) => (
        <AxisPlot key={axis.axis} axis={axis} />
      ))}
      <FiguresTable figures={figures} title={title} />
      <div className="panel panel-body">
        <h2 className={styles.heading}>What these figures do not say</h2>
        <ul className={styles.notes}>
          {figures.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
        <dl className="facts">
          <dt>Release</dt>
          <dd>
            <Hash value={figures.release} />
          </dd>
          <OriginFacts stated={figures.provenance ?? null} />
          <dt>Figures</dt>
          <dd>
            <Hash value={report.figures_hash} />
          </dd>
          <dt>Signed with</dt>
          <dd>
            <Hash value={report.node} />
          </dd>
        </dl>
      </div>
    </article>
  );
}

/** Where the release block says that the release comes from. */
function OriginFacts({ stated }: { stated: NonNullable<MirrorFigures['provenance']> | null }) {
  const { license, author, data = [] } = stated ?? {};
  return (
    <>
      <dt>Licence</dt>
      <dd>{license ?? 'not stated'}</dd>
      <dt>Author</dt>
      <dd>{author ?? 'not stated'}</dd>
      <dt>Data</dt>
      <dd>{data.length === 0 ? 'not stated' : data.map(sourceText).join('; ')}</dd>
    </>
  );
}

function sourceText({ name, url, license }: { name: string; url?: string; license?: string }): string {
  const details = [url === name ? undefined : url, license].filter((each) => each !== undefined);
  return details.length === 0 ? name : `${name} (${details.join(', ')})`;
}

function EstimateReading(props: { label: string; figure: Estimate | null; unit?: string; best: string }) {
  const { label, figure, unit, best } = props;
  if (figure === null) return <Reading label={label} value="not known" note="see below why" />;
  const note = `${intervalText(figure.low, figure.high)}; ${best}`;
  return <Reading label={label} value={number(figure.value, 3)} unit={unit} note={note} />;
}

function intervalText(low: number | null, high: number | null): string {
  return low === null || high === null ? '' : `95 %: ${number(low, 2)} to ${number(high, 2)}`;
}
