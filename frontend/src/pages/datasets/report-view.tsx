import type { QualityReport } from '../../api/datasets.js';
import { bytes, count, number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useReport } from '../../hooks/datasets.js';
import styles from './datasets.module.css';

const MOST_LANGUAGES = 8;

/** What the quality gate found in a dataset. */
export function ReportView({ id, hash }: { id: string; hash: string }) {
  const report = useReport(id, hash);
  return (
    <section className="panel" aria-labelledby="report">
      <div className="panel-head">
        <h2 id="report">What was found in it</h2>
        {report.isSuccess && (
          <span className="label">
            {count(report.data.documents, 'document')}; {count(report.data.sample.documents, 'document')} (
            {bytes(report.data.sample.bytes)}) looked at closely
          </span>
        )}
      </div>
      <div className={`panel-body ${styles.report}`}>
        {report.isPending && <Loading lines={4} />}
        {report.isError && <ProblemNotice error={report.error} />}
        {report.isSuccess && <Report report={report.data} />}
      </div>
    </section>
  );
}

function Report({ report }: { report: QualityReport }) {
  const { licence, pii, toxicity, duplicates, thresholds, languages } = report;
  const known = licence.class === 'allowed' || licence.class === 'copyleft';
  return (
    <>
      <p className={styles.line}>
        Licence {licence.declared}: <State is={known ? 'proved' : 'failed'}>{licence.class}</State>
      </p>
      <Shares
        caption="Shares of the documents, beside the share from which a set is rejected"
        rows={[
          { name: 'Personal data', share: pii.share ?? 0, limit: thresholds.pii, note: kindsOf(pii.kinds) },
          {
            name: 'Toxic',
            share: toxicity.share ?? 0,
            limit: thresholds.toxic,
            note: kindsOf(toxicity.kinds),
          },
          {
            name: 'Duplicates',
            share: duplicates.share,
            limit: thresholds.duplicates,
            note: Object.entries(duplicates.sets)
              .map(([set, share]) => `${percent(share)} of ${set.slice(0, 11)}…`)
              .join(', '),
          },
        ]}
      />
      <Shares
        caption="Languages"
        rows={languages
          .slice(0, MOST_LANGUAGES)
          .map(({ language, share }) => ({ name: language, share, limit: null, note: '' }))}
      />
    </>
  );
}

interface ShareRow {
  readonly name: string;
  readonly share: number;
  /** Above it a set is rejected; null where there is none. */
  readonly limit: number | null;
  readonly note: string;
}

/** Shares as bars in a table: the picture and the numbers are the same thing. */
function Shares({ caption, rows }: { caption: string; rows: readonly ShareRow[] }) {
  return (
    <table className={styles.shares}>
      <caption className="label">{caption}</caption>
      <tbody>
        {rows.map(({ name, share, limit, note }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className={styles.figure}>{percent(share)}</td>
            <td className={styles.bar}>
              <svg width="100%" height={14} aria-hidden>
                <rect width="100%" height={14} className={styles.rail} />
                <rect
                  width={`${Math.min(1, share) * 100}%`}
                  height={14}
                  className={limit !== null && share > limit ? styles.over : styles.within}
                />
                {limit !== null && (
                  <line
                    x1={`${limit * 100}%`}
                    x2={`${limit * 100}%`}
                    y1={0}
                    y2={14}
                    className={styles.limit}
                  />
                )}
              </svg>
            </td>
            <td className="label">
              {limit === null ? '' : `at most ${percent(limit)}`}
              {note === '' ? '' : `; ${note}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function kindsOf(kinds: Readonly<Record<string, number>>): string {
  return Object.entries(kinds)
    .map(([kind, documents]) => `${kind} ${documents}`)
    .join(', ');
}

function percent(share: number): string {
  return `${number(share * 100, 1)} %`;
}
