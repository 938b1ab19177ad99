import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type { LineageStep } from '../../api/lineage.js';
import { AddressFilter } from '../../components/address-filter.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useExpertLineage } from '../../hooks/learning.js';
import { useModels } from '../../hooks/models.js';
import { useNextPage } from '../../hooks/next-page.js';
import { ancestryOf, membersOf } from './family.js';
import { LineageTable } from './lineage-table.js';
import styles from './lineage.module.css';
import { MemberPanel } from './member-panel.js';
import { TreePicture } from './tree-picture.js';

/** Accepted submissions that are drawn at most, the newest: more nobody can follow in a picture. */
const MOST_DRAWN = 100;

/** Which expert descends from which, and what did each gain? */
export default function LineagePage() {
  const models = useModels();
  const [chosen] = useAddressFilter('model');
  const [expert] = useAddressFilter('expert');
  const names = (models.data ?? []).map(({ name }) => name);
  const model = chosen === '' ? (names[0] ?? '') : chosen;
  const all = useExpertLineage(model, '');
  const experts = expertsOf(all.data?.pages.flatMap((page) => page.items) ?? [], expert);
  return (
    <div className={`page ${styles.page}`}>
      <header className="page-head">
        <h1>Lineage</h1>
        <p>Which expert descends from which, and what did each gain?</p>
        <div className="tools">
          <AddressFilter name="model" label="Model" all={model === '' ? 'No model' : model} choices={names} />
          <AddressFilter name="expert" label="Expert" all="All experts" choices={experts} />
        </div>
      </header>
      {models.isPending && <Loading lines={8} />}
      {models.isError && <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.isSuccess && model === '' && (
        <Empty title="There is no model yet">Import one with: npx stemma import</Empty>
      )}
      {model !== '' && <Tree key={`${model} ${expert}`} model={model} expert={expert} />}
    </div>
  );
}

function Tree({ model, expert }: { model: string; expert: string }) {
  const [query, setQuery] = useSearchParams();
  const lineage = useExpertLineage(model, expert);
  const more = useNextPage(lineage);
  const pages = lineage.data?.pages;
  const steps = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const members = useMemo(() => membersOf(steps), [steps]);
  const drawn = useMemo(() => membersOf(steps.slice(0, MOST_DRAWN)), [steps]);
  const selected = members.find(({ hash }) => hash === query.get('block')) ?? members.at(0);
  const queryWith = (hash: string): string => {
    const next = new URLSearchParams(query);
    next.set('block', hash);
    return `?${next.toString()}`;
  };
  if (lineage.isPending) return <Loading lines={8} />;
  if (lineage.isError) return <ProblemNotice error={lineage.error} onRetry={() => void lineage.refetch()} />;
  if (selected === undefined)
    return (
      <Empty title={`No expert of ${model} was trained here yet`}>
        Train one with stemma train, hand it in with stemma submit; docs/learning.md says how.
      </Empty>
    );
  return (
    <>
      <TreePicture
        members={drawn}
        selected={selected.hash}
        onSelect={(hash) => setQuery(queryWith(hash), { replace: true, preventScrollReset: true })}
      />
      {steps.length > MOST_DRAWN && (
        <p className="label" style={{ margin: 0 }}>
          Drawn are the newest {MOST_DRAWN} accepted submissions; the table has all.
        </p>
      )}
      <MemberPanel member={selected} ancestry={ancestryOf(members, selected.hash)} pathOf={queryWith} />
      <LineageTable members={members} pathOf={queryWith} complete={!lineage.hasNextPage} onEnd={more} />
    </>
  );
}

/** The experts that were trained, and the one that is asked for, as choices. */
function expertsOf(steps: readonly LineageStep[], asked: string): string[] {
  const names = new Set(steps.flatMap(({ blocks }) => blocks.map(({ name }) => name)));
  if (asked !== '') names.add(asked);
  return [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
