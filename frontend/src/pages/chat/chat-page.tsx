import { Drawer } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { ReceiptPanel } from '../../components/receipt-panel.js';
import { conversation, useTurns } from '../../hooks/conversation.js';
import styles from './chat.module.css';
import { Composer } from './composer.js';
import { Start } from './start.js';
import { TurnView } from './turn-view.js';

/** Left the conversation, right the receipt of one of its answers. */
export function ChatPage() {
  const turns = useTurns();
  const [query, setQuery] = useSearchParams();
  const receipt = query.get('receipt');
  const wide = useMediaQuery('(min-width: 1000px)', true, { getInitialValueInEffect: false });
  const show = (id: string | null, verify = false): void =>
    setQuery(id === null ? {} : { receipt: id, ...(verify ? { verify: '1' } : {}) });
  const panel = receipt !== null && (
    <ReceiptPanel
      key={receipt}
      id={receipt}
      autoVerify={query.get('verify') === '1'}
      onClose={() => show(null)}
    />
  );
  return (
    <div className={`${styles.page} ${panel && wide ? styles.withReceipt : ''}`}>
      <section className={styles.conversation} aria-label="Conversation">
        <Scroll turns={turns.length} follow={`${turns.at(-1)?.answer.length} ${turns.at(-1)?.state}`}>
          {turns.length === 0 ? (
            <Start />
          ) : (
            <div className={styles.column}>
              {turns.map((turn) => (
                <TurnView key={turn.key} turn={turn} onReceipt={show} />
              ))}
            </div>
          )}
        </Scroll>
        <Composer
          busy={isBusy(turns)}
          empty={turns.length === 0}
          onClear={() => {
            conversation.clear();
            show(null);
          }}
        />
      </section>
      {panel && wide && (
        <aside className={styles.aside} aria-label="Receipt">
          {panel}
        </aside>
      )}
      {panel && !wide && (
        <Drawer
          opened
          onClose={() => show(null)}
          position="right"
          size="100%"
          withCloseButton={false}
          title={<span className="visually-hidden">Receipt</span>}
          styles={{ header: { minHeight: 0, padding: 0 }, body: { paddingTop: 14 } }}
        >
          {panel}
        </Drawer>
      )}
    </div>
  );
}

function isBusy(turns: ReturnType<typeof useTurns>): boolean {
  const state = turns.at(-1)?.state;
  return state === 'waiting' || state === 'streaming';
}

/** Follows a growing answer, unless the reader has scrolled up. */
function Scroll(props: { turns: number; follow: string; children: React.ReactNode }) {
  const { turns, follow } = props;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    atEnd.current = true;
  }, [turns]);
  useEffect(() => {
    if (atEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [turns, follow]);
  return (
    <div
      ref={box}
      className={styles.scroll}
      tabIndex={0}
      role="region"
      aria-label="Questions and answers"
      onScroll={({ currentTarget: view }) => {
        atEnd.current = view.scrollHeight - view.scrollTop - view.clientHeight < 60;
      }}
    >
      {props.children}
    </div>
  );
}
