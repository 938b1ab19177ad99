import { Anchor, Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Delivery, Notice } from '../../api/notifications.js';
import { count, dateTime } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { State, type Meaning } from '../../components/state.js';
import { useNoticeAnswer } from '../../hooks/notifications.js';
import styles from './notifications.module.css';

const meanings: Readonly<Record<Delivery['state'], Meaning>> = {
  pending: 'waiting',
  sent: 'proved',
  failed: 'failed',
  withdrawn: 'neutral',
};
const words: Readonly<Record<Delivery['state'], string>> = {
  pending: 'on its way',
  sent: 'arrived',
  failed: 'given up',
  withdrawn: 'not needed any more',
};

/** A notice with what became of it at each channel, and the way to say that one has seen it. */
export function NoticeItem({ notice }: { notice: Notice }) {
  const open = notice.settled_at === null;
  return (
    <li>
      <div className={styles.head}>
        <span className="row">
          <State is={notice.severity === 'critical' ? 'failed' : 'waiting'}>{notice.severity}</State>
          <Anchor component={Link} to={notice.path} size="sm">
            {notice.title}
          </Anchor>
        </span>
        <State is={open ? 'waiting' : 'proved'}>{open ? 'open' : 'settled'}</State>
      </div>
      <span className="label">
        {notice.kind}, {dateTime(Date.parse(notice.created_at))}
        {notice.acknowledged_by !== null &&
          `; ${notice.acknowledged_by}: ${notice.acknowledged_reason ?? ''}`}
      </span>
      <ul className={styles.deliveries} aria-label="Deliveries">
        {notice.deliveries.map((delivery) => (
          <DeliveryLine key={`${delivery.channel} ${delivery.event}`} delivery={delivery} />
        ))}
      </ul>
      {open && <Acknowledge notice={notice} />}
    </li>
  );
}

function DeliveryLine({ delivery }: { delivery: Delivery }) {
  const { channel, event, state, attempts, error, at } = delivery;
  return (
    <li>
      <State is={meanings[state]}>
        {channel}: {words[state]}
      </State>
      <span className="label">
        {event === 'settled' ? 'that it is over, ' : ''}
        {count(attempts, 'attempt')}
        {at !== null && `, ${dateTime(Date.parse(at))}`}
      </span>
      {error !== null && <span>{error}</span>}
    </li>
  );
}

function Acknowledge({ notice }: { notice: Notice }) {
  const [reason, setReason] = useState('');
  const answer = useNoticeAnswer(notice.id);
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          answer.mutate(reason.trim());
        }}
      >
        <TextInput
          size="xs"
          aria-label={`What you know about: ${notice.title}`}
          placeholder="What you know, or do about it"
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button size="compact-sm" type="submit" disabled={reason.trim() === '' || answer.isPending}>
          Acknowledge
        </Button>
      </form>
      {answer.isError && <ProblemNotice error={answer.error} />}
    </>
  );
}
