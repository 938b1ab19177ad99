import { Link } from 'react-router';
import type { LineageStep } from '../../api/lineage.js';
import { dateTime } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { IntervalPlot } from '../../components/interval-plot.js';
import { fallText } from '../submissions/fall-text.js';
import { DatasetLinks } from './dataset-links.js';
import { beginning, type Member } from './family.js';
import styles from './lineage.module.css';
import { MemberState } from './lineage-table.js';

/** One expert of the tree: where it comes from, who made it of what, and what it gained in each domain. */
export function MemberPanel(props: {
  member: Member;
  /** Those it descends from: the origin first, itself last. */
  ancestry: readonly Member[];
  pathOf: (hash: string) => string;
}) {
  const { member, ancestry, pathOf } = props;
  const { name, hash, step } = member;
  return (
    <section className="panel" aria-labelledby="chosen">
      <div className="panel-head">
        <h2 id="chosen">
          {name} {beginning(hash)}
        </h2>
        <MemberState member={member} />
      </div>
      <div className="panel-body">
        <dl className="facts">
          <dt>Block</dt>
          <dd>
            <Link to={`/blocks/B/${hash}`}>{hash.slice(0, 12)}… of chain B</Link>
          </dd>
          <dt>Line of descent</dt>
          <dd>
            <ol className={styles.line} aria-label="Line of descent">
              {ancestry.map((one) => (
                <li key={one.hash}>
                  {one === member ? (
                    `${beginning(one.hash)} itself`
                  ) : (
                    <Link to={pathOf(one.hash)}>{beginning(one.hash)}</Link>
                  )}
                </li>
              ))}
            </ol>
          </dd>
          {step !== null && <Facts step={step} />}
        </dl>
        {step === null && (
          <p className="label">No accepted submission that is shown here made it: others descend from it.</p>
        )}
      </div>
      {step !== null && <Gains step={step} />}
    </section>
  );
}

function Facts({ step }: { step: LineageStep }) {
  const {
    submission_id: id,
    author,
    judged_at: at,
    datasets,
    release,
    version,
    verdict_block: verdict,
  } = step;
  return (
    <>
      <dt>Submission</dt>
      <dd>
        <Link to={`/submissions/${id}`}>{beginning(id.slice('submission_'.length))}</Link> by{' '}
        <Hash value={author} />, accepted {dateTime(Date.parse(at))}
      </dd>
      <dt>Trained on</dt>
      <dd>
        <DatasetLinks datasets={datasets} />
      </dd>
      <dt>Release</dt>
      <dd>{release === null ? 'none yet' : <Link to={`/blocks/A/${release}`}>{version}</Link>}</dd>
      <dt>Verdict</dt>
      <dd>
        <Link to={`/blocks/D/${verdict}`}>{verdict.slice(0, 12)}… of chain D</Link>
      </dd>
    </>
  );
}

/** What it gained in each domain: a picture, and the table behind it. */
function Gains({ step: { overall, domains } }: { step: LineageStep }) {
  const rows = [['overall', overall] as const, ...Object.entries(domains)];
  return (
    <>
      <IntervalPlot
        rows={rows.map(([name, { fall, low, high }]) => ({
          ...{ name, value: fall, low, high },
          title: `${name}: ${fallText(fall)}, 95 %: ${fallText(low)} to ${fallText(high)}`,
        }))}
        edge={1}
        ticks={['more loss', '0', '100 % less']}
        label="Less loss in each domain; the table below has the numbers"
      />
      <table className={styles.table}>
        <caption className="visually-hidden">How much the loss fell on unseen examples</caption>
        <thead>
          <tr>
            <th scope="col">Domain</th>
            <th scope="col">Less by</th>
            <th scope="col">95 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, { fall, low, high }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{fallText(fall)}</td>
              <td>
                {fallText(low)} to {fallText(high)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
