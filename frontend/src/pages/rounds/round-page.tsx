import { Anchor, Progress } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { Round } from '../../api/rounds.js';
import { Command } from '../../components/command.js';
import { bytes, dateTime, number } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useRound } from '../../hooks/rounds.js';
import { fallText } from '../submissions/fall-text.js';
import { SubmissionState } from '../submissions/submission-state.js';
import { Agreement } from './agreement.js';
import { CancelRound } from './cancel-round.js';
import { MemberTable } from './member-table.js';
import { RoundState } from './round-state.js';
import styles from './rounds.module.css';

/** One round: who takes part, how far they are, and what was made of their updates. */
export default function RoundPage() {
  const { id = '' } = useParams();
  const round = useRound(id);
  return (
    <div className={`page ${styles.page}`}>
      <Anchor component={Link} to="/rounds" size="sm">
        All rounds
      </Anchor>
      {round.isPending && <Loading lines={8} />}
      {round.isError && <ProblemNotice error={round.error} onRetry={() => void round.refetch()} />}
      {round.isSuccess && <RoundView round={round.data} />}
    </div>
  );
}

function RoundView({ round }: { round: Round }) {
  const { state, experts, model, created_at: at, code, detail, outcome } = round;
  return (
    <>
      <header className="page-head">
        <h1>{experts.join(', ')}</h1>
        <p>
          Of {model}, announced {dateTime(Date.parse(at))}
          {round.due_at !== null && `; until ${dateTime(Date.parse(round.due_at))} at the latest`}
        </p>
        <div className="tools">
          <RoundState state={state} />
        </div>
      </header>
      {detail !== null && (
        <p style={{ margin: 0 }}>
          {detail} {code !== null && <span className="mono">{code}</span>}
        </p>
      )}
      <Standing round={round} />
      <MemberTable members={round.members_list} over={outcome !== null || round.state === 'failed'} />
      {outcome !== null && round.terms.privacy === undefined && <Agreement members={outcome.members} />}
      <Facts round={round} />
      <CancelRound round={round} />
    </>
  );
}

function Standing({ round }: { round: Round }) {
  const { members, committed, revealed, minimum, most } = round;
  const steps: [string, number, number][] = [
    ['joined', members, most],
    ['committed', committed, members],
    ['shown', revealed, committed],
  ];
  return (
    <section className="panel" aria-labelledby="standing">
      <div className="panel-head">
        <h2 id="standing">How far it is</h2>
        <span className="label">{minimum} are needed</span>
      </div>
      <dl className={styles.facts}>
        {steps.map(([name, done, of]) => (
          <div key={name} className={styles.step}>
            <dt>{name}</dt>
            <dd>
              {done} of {of}
              <Progress
                size="sm"
                value={of === 0 ? 0 : (done / of) * 100}
                aria-label={`Members who have ${name}`}
              />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Facts({ round }: { round: Round }) {
  const { release, terms, aggregate, submission_id: submission, result, aggregator, faulty } = round;
  const { learning_rate: rate, batch_tokens: tokens, steps } = terms.training;
  const { privacy } = terms;
  return (
    <section className="panel" aria-labelledby="facts">
      <div className="panel-head">
        <h2 id="facts">What everybody agreed to</h2>
      </div>
      <dl className={styles.facts}>
        <dt>Trained from release</dt>
        <dd>
          <Link to={`/blocks/A/${release}`}>{release.slice(0, 12)}…</Link>
        </dd>
        <dt>Training</dt>
        <dd>
          {number(steps)} updates of {number(tokens)} tokens, learning rate {rate}, seed {terms.seed}
          {terms.datasets.length > 0 && `, ${terms.datasets.length} datasets`}
        </dd>
        <dt>Combined by</dt>
        <dd>
          {aggregator}, where {faulty} may be faulty
        </dd>
        <dt>Updates</dt>
        <dd>
          at most {bytes(terms.update_bytes)}, {terms.update_length} times as long as the weights they change
        </dd>
        {privacy !== undefined && (
          <>
            <dt>Private</dt>
            <dd>
              updates are seen by the server alone, at most {privacy.clip} times as long as the weights, with
              noise of {privacy.noise_multiplier} times that on their sum; a member loses at most epsilon{' '}
              {privacy.epsilon} (delta {privacy.delta}) on this server
            </dd>
          </>
        )}
        {aggregate !== null && (
          <>
            <dt>Aggregate</dt>
            <dd>
              <Hash value={aggregate} />
              <Command>{`npx stemma rounds recompute ${round.round_id}`}</Command>
            </dd>
          </>
        )}
        {submission !== null && (
          <>
            <dt>Judged as</dt>
            <dd>
              <Link to={`/submissions/${submission}`}>{submission.slice(0, 23)}…</Link>{' '}
              {result !== null && <SubmissionState state={result.state} />}
              {result?.overall != null && ` ${fallText(result.overall.fall)} less loss`}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
