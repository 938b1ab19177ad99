import { Code } from '@mantine/core';
import { Link } from 'react-router';
import type { ReceiptDocument } from '../api/receipts.js';
import { dateTime, duration, number } from './format.js';
import { Hash } from './hash.js';
import { State } from './state.js';
import styles from './receipt-facts.module.css';

/** What a receipt says, and what only its owner may see. */
export function ReceiptFacts({ document }: { document: ReceiptDocument }) {
  const { receipt, evidence, log } = document;
  const { parameters } = receipt.request;
  return (
    <div className={styles.facts}>
      <section>
        <h3>What produced it</h3>
        <dl className="facts">
          <dt>Release</dt>
          <dd>
            <Hash value={receipt.release} /> <Link to={`/blocks/A/${receipt.release}`}>open</Link>
          </dd>
          <dt>Kernel</dt>
          <dd>
            <Hash value={receipt.kernel} />
          </dd>
          {receipt.exact === false && (
            <FactPair name="exact" value={`no: ${receipt.backend} on ${receipt.device}`} />
          )}
          <dt>Node</dt>
          <dd>
            <Hash value={receipt.node} />
          </dd>
          <dt>Experts</dt>
          <dd>{number(receipt.experts.length)} used</dd>
          <dt>Made</dt>
          <dd>
            {dateTime(receipt.started_at)}, in {duration(receipt.finished_at - receipt.started_at)}
          </dd>
          <dt>Log</dt>
          <dd>
            {log === null ? (
              <State is="waiting">not sequenced yet</State>
            ) : (
              `leaf ${number(log.index)} of ${number(log.size)}`
            )}
          </dd>
        </dl>
      </section>
      <section>
        <h3>Parameters</h3>
        <dl className="facts">
          <dt>Seed</dt>
          <dd>{receipt.request.seed}</dd>
          {Object.entries(parameters).map(([name, value]) => (
            <FactPair key={name} name={name.replaceAll('_', ' ')} value={String(value)} />
          ))}
        </dl>
      </section>
      {evidence === null ? (
        <p className="label">Prompt and answer are shown only to whoever asked.</p>
      ) : (
        <Words evidence={evidence} />
      )}
      <section>
        <h3>Commitments</h3>
        <ol className={styles.commitments}>
          {receipt.commitments.map((commitment, index) => (
            <li key={commitment}>
              <span className="label">
                {index * 32}–{Math.min(receipt.output.tokens, index * 32 + 32) - 1}
              </span>
              <Hash value={commitment} head={10} tail={6} />
            </li>
          ))}
        </ol>
      </section>
      <details>
        <summary>Receipt as JSON</summary>
        <Code block className={styles.json} tabIndex={0}>
          {JSON.stringify(receipt, null, 2)}
        </Code>
      </details>
    </div>
  );
}

function Words({ evidence }: { evidence: NonNullable<ReceiptDocument['evidence']> }) {
  return (
    <section>
      <h3>Prompt as the model read it</h3>
      <div className={styles.text} tabIndex={0} role="region" aria-label="Prompt">
        {evidence.prompt_text}
      </div>
      <h3>Answer</h3>
      <div className={styles.text} tabIndex={0} role="region" aria-label="Answer">
        {evidence.text}
      </div>
    </section>
  );
}

function FactPair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name[0].toUpperCase() + name.slice(1)}</dt>
      <dd>{value}</dd>
    </>
  );
}
