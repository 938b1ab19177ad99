import type { Notifications } from '../../api/notifications.js';
import { count } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useNotifications } from '../../hooks/notifications.js';
import { ChannelCard } from './channel-card.js';
import { NoticeItem } from './notice-item.js';
import styles from './notifications.module.css';

/** How people are called, and whether it works. */
export default function NotificationsPage() {
  const notifications = useNotifications();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Notifications</h1>
        <p>Who is called when a person is needed, and does it arrive?</p>
      </header>
      {notifications.isPending && <Loading lines={8} />}
      {notifications.isError && (
        <ProblemNotice error={notifications.error} onRetry={() => void notifications.refetch()} />
      )}
      {notifications.isSuccess && <View data={notifications.data} />}
    </div>
  );
}

function View({ data }: { data: Notifications }) {
  const { channels, items, escalate_after_minutes: minutes } = data;
  const open = items.filter(({ settled_at: at }) => at === null).length;
  return (
    <div className={styles.stack}>
      {channels.length === 0 && (
        <section className="panel" aria-label="Channels">
          <Empty title="No channel is configured">
            Nobody is called. Webhook, e-mail, Slack and PagerDuty are set up by the settings NOTIFY_…; see
            docs/notifications.md.
          </Empty>
        </section>
      )}
      {channels.length > 0 && (
        <section className={styles.channels} aria-label="Channels, in the order they are tried">
          {channels.map((channel) => (
            <ChannelCard key={channel.name} channel={channel} />
          ))}
        </section>
      )}
      <section className="panel" aria-labelledby="notices">
        <div className="panel-head">
          <h2 id="notices">{open === 0 ? 'No notice is open' : `${count(open, 'open notice')}`}</h2>
          <span className="label">
            unanswered ones go to the next channel after {count(minutes, 'minute')}
          </span>
        </div>
        {items.length === 0 && (
          <Empty title="Nobody had to be called yet">
            Critical alerts and questions to guardians appear here, with what each channel made of them.
          </Empty>
        )}
        <ul className={styles.list} aria-label="Notices">
          {items.map((notice) => (
            <NoticeItem key={notice.id} notice={notice} />
          ))}
        </ul>
      </section>
    </div>
  );
}
