import { Anchor } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { BlockAnswer, SingleBlock } from '../../api/chain.js';
import { bytes, dateTime, number, shortHash } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useBlock, useRelatives } from '../../hooks/chain.js';
import { BlockProofs } from './block-proofs.js';
import styles from './chain.module.css';

/** One block: what its header says, and what of it this browser can prove. */
export default function BlockPage() {
  const { chain = '', hash = '' } = useParams();
  const block = useBlock(chain, hash);
  return (
    <div className="page" style={{ maxWidth: 940 }}>
      <Anchor component={Link} to="/chain" size="sm">
        Chain
      </Anchor>
      <header className="page-head" style={{ marginTop: 8 }}>
        <h1>{block.data?.header.name ?? block.data?.header.block_type ?? 'Block'}</h1>
        <p>
          <Hash value={hash} head={16} tail={8} />
        </p>
      </header>
      {block.isPending && <Loading lines={8} />}
      {block.isError && <ProblemNotice error={block.error} onRetry={() => void block.refetch()} />}
      {block.data !== undefined && <BlockView block={block.data} key={hash} />}
    </div>
  );
}

function BlockView({ block }: { block: SingleBlock }) {
  const { header } = block;
  return (
    <div className={styles.block}>
      <section className="panel" aria-labelledby="header">
        <div className="panel-head">
          <h2 id="header">Header</h2>
        </div>
        <dl className="facts panel-body">
          <dt>Chain</dt>
          <dd>
            {header.chain_id}, position {number(block.index)}
          </dd>
          <dt>Type</dt>
          <dd>{header.block_type}</dd>
          <dt>Log leaf</dt>
          <dd>{block.log_index === null ? 'not sequenced yet' : number(block.log_index)}</dd>
          <dt>Made</dt>
          <dd>{dateTime(header.timestamp)}</dd>
          <dt>Author</dt>
          <dd>
            <Hash value={header.miner_pub} head={10} tail={6} />
          </dd>
          {block.uploaded_by !== null && (
            <>
              <dt>Uploaded by</dt>
              <dd>{block.uploaded_by}</dd>
            </>
          )}
          <dt>Payload</dt>
          <dd>
            {bytes(header.payload_size)} {header.payload_type}, <Hash value={header.payload_hash} />
          </dd>
          <dt>Previous</dt>
          <dd>
            {header.prev_hash === null ? (
              'none'
            ) : (
              <BlockLink chain={header.chain_id} hash={header.prev_hash} />
            )}
          </dd>
        </dl>
      </section>
      <BlockProofs block={block} />
      <Relatives block={block} which="parents" title="Depends on" none="Nothing: it stands by itself." />
      <Relatives block={block} which="children" title="Needed by" none="No block depends on it yet." />
      <section className="panel" aria-labelledby="metadata">
        <div className="panel-head">
          <h2 id="metadata">Metadata</h2>
        </div>
        <pre
          className={`panel-body mono ${styles.json}`}
          tabIndex={0}
          role="region"
          aria-label="Metadata as JSON"
        >
          {JSON.stringify(header.metadata, null, 2)}
        </pre>
      </section>
    </div>
  );
}

function Relatives(props: {
  block: BlockAnswer;
  which: 'parents' | 'children';
  title: string;
  none: string;
}) {
  const { block, which } = props;
  const relatives = useRelatives(block.header.chain_id, block.hash, which);
  return (
    <section className="panel" aria-labelledby={which}>
      <div className="panel-head">
        <h2 id={which}>{props.title}</h2>
        {relatives.data !== undefined && <span className="label">{number(relatives.data.length)}</span>}
      </div>
      <div className={`panel-body ${styles.links}`}>
        {relatives.isPending && <Loading lines={2} />}
        {relatives.isError && (
          <ProblemNotice error={relatives.error} onRetry={() => void relatives.refetch()} />
        )}
        {relatives.data?.length === 0 && <span className="label">{props.none}</span>}
        {relatives.data?.map(({ hash, header }) => (
          <BlockLink
            key={hash}
            chain={header.chain_id}
            hash={hash}
            label={
              header.chain_id === 'B'
                ? (header.name ?? header.block_type)
                : `${header.block_type} ${header.name ?? ''}`
            }
          />
        ))}
      </div>
    </section>
  );
}

function BlockLink({ chain, hash, label }: { chain: string; hash: string; label?: string }) {
  return (
    <span className={styles.link}>
      <Link to={`/blocks/${chain}/${hash}`}>
        {label} <span className="mono">{shortHash(hash)}</span>
      </Link>
    </span>
  );
}
