import { Anchor, Progress } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { CheckOutcome, Submission } from '../../api/learning.js';
import { meaningOf } from '../../components/check-meaning.js';
import { dateTime, duration } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useSubmission } from '../../hooks/learning.js';
import { DomainPlot } from './domain-plot.js';
import { SubmissionState } from './submission-state.js';
import styles from './submissions.module.css';

/** One submission: its checks, what it was judged on, and what became of it. */
export default function SubmissionPage() {
  const { id = '' } = useParams();
  const { submission, progress } = useSubmission(id);
  return (
    <div className={`page ${styles.page}`}>
      <Anchor component={Link} to="/submissions" size="sm">
        All submissions
      </Anchor>
      {submission.isPending && <Loading lines={8} />}
      {submission.isError && (
        <ProblemNotice error={submission.error} onRetry={() => void submission.refetch()} />
      )}
      {submission.isSuccess && <SubmissionView submission={submission.data} progress={progress} />}
    </div>
  );
}

function SubmissionView({ submission, progress }: { submission: Submission; progress: number | null }) {
  const { state, blocks, model, created_at: at, code, detail, checks, verdict } = submission;
  return (
    <>
      <header className="page-head">
        <h1>{blocks.map(({ name }) => name).join(', ')}</h1>
        <p>
          Of {model}, handed in {dateTime(Date.parse(at))} by <Hash value={submission.author} />
        </p>
        <div className="tools">
          <SubmissionState state={state} />
        </div>
      </header>
      {detail !== null && (
        <p style={{ margin: 0 }}>
          {detail} {code !== null && <span className="mono">{code}</span>}
        </p>
      )}
      {state === 'evaluating' && (
        <Progress size="sm" value={(progress ?? 0) * 100} aria-label="How much is evaluated" />
      )}
      <section className="panel" aria-labelledby="checks">
        <div className="panel-head">
          <h2 id="checks">Checks</h2>
          <span className="label">the cheapest first</span>
        </div>
        <ol className={styles.checks}>
          {checks.map((check) => (
            <CheckLine key={check.name} check={check} />
          ))}
        </ol>
      </section>
      {verdict !== null && <DomainPlot figures={verdict.figures} claimed={submission.domains} />}
      <Facts submission={submission} />
    </>
  );
}

const CHECK_WORDS = { proved: 'passed', neutral: 'left out', waiting: 'waiting', failed: 'failed' } as const;

function CheckLine({ check }: { check: CheckOutcome }) {
  const meaning = meaningOf(check);
  return (
    <li>
      <span>{check.name.replace('_', ' ')}</span>
      <span>{check.detail}</span>
      <span className="label">{duration(check.took_ms)}</span>
      <State is={meaning}>{CHECK_WORDS[meaning]}</State>
    </li>
  );
}

function Facts({ submission }: { submission: Submission }) {
  const { beacon, opening, verdict, verdict_block: block, version, decision } = submission;
  const { state, parent_release: parent } = submission;
  return (
    <section className="panel" aria-labelledby="facts">
      <div className="panel-head">
        <h2 id="facts">What can be checked</h2>
      </div>
      <dl className={styles.facts}>
        <dt>Trained from release</dt>
        <dd>
          <Link to={`/blocks/A/${parent}`}>{parent.slice(0, 12)}…</Link>
        </dd>
        {beacon !== null && (
          <>
            <dt>Beacon</dt>
            <dd>
              <Hash value={beacon.root} /> over the first {beacon.size} leaves of the log; the submission is
              leaf {beacon.submission_index}
            </dd>
          </>
        )}
        {opening !== null && (
          <>
            <dt>Drawn updates of its training</dt>
            <dd>
              {opening.updates.map((update) => update + 1).join(', ')} of {opening.of}
              {state === 'waiting_opening' &&
                `, to be shown by whoever trained it until ${dateTime(Date.parse(opening.until))}`}
            </dd>
          </>
        )}
        {verdict !== null && (
          <>
            <dt>Compared with release</dt>
            <dd>
              <Link to={`/blocks/A/${verdict.base_release}`}>{verdict.base_release.slice(0, 12)}…</Link>, by
              kernel <Hash value={verdict.kernel} />
            </dd>
          </>
        )}
        {verdict?.rewarded !== undefined && (
          <>
            <dt>Paid for</dt>
            <dd>
              a fall of {(verdict.rewarded.fall * 100).toFixed(2)} %
              {verdict.rewarded.reason !== undefined && `: ${verdict.rewarded.reason.detail}`}
            </dd>
          </>
        )}
        {block !== null && (
          <>
            <dt>Verdict</dt>
            <dd>
              <Link to={`/blocks/D/${block}`}>block {block.slice(0, 12)}… of chain D</Link>
            </dd>
          </>
        )}
        {version !== null && (
          <>
            <dt>Release</dt>
            <dd>
              {version}
              {decision !== null && decision !== 'none' && (
                <>
                  , <Link to={`/decisions/${decision}`}>the decision about it</Link>
                </>
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
