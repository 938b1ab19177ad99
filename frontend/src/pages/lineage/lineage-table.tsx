import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { DataTable, type Column } from '../../components/data-table.js';
import { Hash } from '../../components/hash.js';
import { State } from '../../components/state.js';
import { fallText } from '../submissions/fall-text.js';
import { SubmissionState } from '../submissions/submission-state.js';
import { DatasetLinks } from './dataset-links.js';
import { beginning, type Member } from './family.js';

/** The same family as rows: everybody, what they descend from, and what they gained. */
export function LineageTable(props: {
  members: readonly Member[];
  pathOf: (hash: string) => string;
  complete: boolean;
  onEnd: () => void;
}) {
  return (
    <DataTable
      label="Lineage"
      noun="expert"
      rows={props.members}
      columns={columnsFor(props.pathOf)}
      rowKey={(row) => row.hash}
      onEnd={props.onEnd}
      complete={props.complete}
      empty={null}
    />
  );
}

function columnsFor(pathOf: (hash: string) => string): readonly Column<Member>[] {
  const link = (hash: string, text: string) => (
    <Anchor component={Link} to={pathOf(hash)} size="sm" title={hash}>
      {text}
    </Anchor>
  );
  return [
    {
      key: 'expert',
      label: 'Expert',
      value: (row) => `${row.name} ${row.hash}`,
      show: ({ name, hash }) => link(hash, `${name} ${beginning(hash)}`),
      width: 'minmax(140px, 1fr)',
    },
    {
      key: 'parent',
      label: 'Descends from',
      value: (row) => row.parent,
      show: ({ parent }) => (parent === null ? 'origin' : link(parent, beginning(parent))),
      width: '92px',
    },
    {
      key: 'gain',
      label: 'Less loss',
      value: (row) => row.step?.overall.fall ?? null,
      show: ({ step }) => (step === null ? '–' : fallText(step.overall.fall)),
      width: '66px',
      align: 'end',
    },
    {
      key: 'state',
      label: 'State',
      value: (row) => (row.live ? 'live' : (row.step?.state ?? null)),
      show: (row) => <MemberState member={row} />,
      width: '130px',
      secondary: true,
    },
    {
      key: 'release',
      label: 'Release',
      value: (row) => row.step?.version ?? null,
      show: ({ step }) =>
        step?.release == null ? (
          '–'
        ) : (
          <Anchor component={Link} to={`/blocks/A/${step.release}`} size="sm">
            {step.version}
          </Anchor>
        ),
      width: '80px',
      secondary: true,
    },
    {
      key: 'datasets',
      label: 'Trained on',
      value: (row) => row.step?.datasets.map(({ dataset, block }) => dataset ?? block).join(' ') ?? null,
      show: ({ step }) => <DatasetLinks datasets={step?.datasets ?? []} />,
      secondary: true,
    },
    {
      key: 'author',
      label: 'By',
      value: (row) => row.step?.author ?? null,
      show: ({ step }) => (step === null ? '–' : <Hash value={step.author} />),
      width: '130px',
      secondary: true,
    },
    {
      key: 'submission',
      label: 'Submission',
      value: (row) => row.step?.submission_id ?? null,
      show: ({ step }) =>
        step === null ? (
          '–'
        ) : (
          <Anchor component={Link} to={`/submissions/${step.submission_id}`} size="sm" className="mono">
            {beginning(step.submission_id.slice('submission_'.length))}
          </Anchor>
        ),
      width: '110px',
      secondary: true,
    },
  ];
}

/** Whether an expert answers now, or what became of the submission that made it. */
export function MemberState({ member: { live, step } }: { member: Member }) {
  if (live) return <State is="proved">live</State>;
  if (step === null || step.state === 'released') return <State is="neutral">not live</State>;
  return <SubmissionState state={step.state} />;
}
