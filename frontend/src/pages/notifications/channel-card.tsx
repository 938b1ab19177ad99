import { Button } from '@mantine/core';
import type { Channel, TestResult } from '../../api/notifications.js';
import { dateTime, duration, number } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useChannelTest } from '../../hooks/notifications.js';
import styles from './notifications.module.css';

/** A channel: where it goes, how it does, why it failed, and a way to try it out. */
export function ChannelCard({ channel }: { channel: Channel }) {
  const test = useChannelTest(channel.name);
  const { name, target, sent, failed, pending } = channel;
  return (
    <article className={`panel panel-body ${styles.channel}`} aria-label={name}>
      <div className={styles.head}>
        <h2>{name}</h2>
        <ChannelState channel={channel} />
      </div>
      <p className="label">{target}</p>
      <p>
        {number(sent)} sent, {number(failed)} failed, {number(pending)} waiting
      </p>
      {channel.last_sent_at !== null && (
        <p className="label">last arrived {dateTime(Date.parse(channel.last_sent_at))}</p>
      )}
      {channel.last_error !== null && (
        <p>
          {channel.last_error_at !== null && `${dateTime(Date.parse(channel.last_error_at))}: `}
          {channel.last_error}
        </p>
      )}
      <div className={styles.head}>
        <Button
          size="compact-sm"
          variant="default"
          loading={test.isPending}
          onClick={() => test.mutate()}
          aria-label={`Send a test by ${name}`}
        >
          Send a test
        </Button>
        <span role="status">{test.isSuccess && test.data.results.map(inWords).join('; ')}</span>
      </div>
      {test.isError && <ProblemNotice error={test.error} />}
    </article>
  );
}

function ChannelState({ channel: { last_error_at: failedAt, last_sent_at: sentAt } }: { channel: Channel }) {
  if (sentAt === null && failedAt === null) return <State is="neutral">not used yet</State>;
  const works = failedAt === null || (sentAt !== null && Date.parse(sentAt) >= Date.parse(failedAt));
  return works ? <State is="proved">works</State> : <State is="failed">failed last</State>;
}

function inWords({ ok, detail, took_ms: took }: TestResult): string {
  return ok ? `it arrived after ${duration(took)}` : `it did not arrive: ${detail ?? 'no reason given'}`;
}
