import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconBinaryTree, IconMoon, IconReceipt, IconSearch, IconSun } from '@tabler/icons-react';
import { useMantineColorScheme } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useModels } from '../hooks/models.js';
import { pages } from './page-list.js';

/** ⌘K / Ctrl-K: pages, models, actions, and whatever id or hash is pasted. */
export function Search() {
  const navigate = useNavigate();
  const models = useModels().data ?? [];
  const { setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState('');
  const go = (path: string) => () => void navigate(path);
  const actions: SpotlightActionData[] = [
    ...pasted(query.trim(), go),
    ...pages.map(({ path, label, question, icon: Icon }) => ({
      id: path,
      label,
      description: question,
      leftSection: <Icon size={18} stroke={1.6} />,
      onClick: go(path),
    })),
    ...models.map((model) => ({
      id: `model:${model.name}`,
      label: `Model ${model.name}`,
      description: model.live === null ? 'no live release' : `live release ${model.live.version}`,
      leftSection: <IconBinaryTree size={18} stroke={1.6} />,
      onClick: go(`/chain?model=${encodeURIComponent(model.name)}`),
    })),
    {
      id: 'light',
      label: 'Light appearance',
      leftSection: <IconSun size={18} stroke={1.6} />,
      onClick: () => setColorScheme('light'),
    },
    {
      id: 'dark',
      label: 'Dark appearance',
      leftSection: <IconMoon size={18} stroke={1.6} />,
      onClick: () => setColorScheme('dark'),
    },
  ];
  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K', 'ctrl + K']}
      tagsToIgnore={[]}
      highlightQuery
      scrollable
      nothingFound="Nothing has this name. Paste a whole block hash or receipt id to open it."
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: 'Page, model, block hash or receipt id',
        'aria-label': 'Search',
      }}
    />
  );
}

/** What a pasted id or hash can open. */
function pasted(query: string, go: (path: string) => () => void): SpotlightActionData[] {
  if (/^rcpt_[0-9a-f]{8,64}$/.test(query))
    return [
      {
        id: query,
        label: query,
        description: 'Open receipt',
        leftSection: <IconReceipt size={18} />,
        onClick: go(`/receipts/${query}`),
      },
    ];
  if (!/^[0-9a-f]{64}$/.test(query)) return [];
  return (['B', 'A'] as const).map((chain) => ({
    id: `${chain}:${query}`,
    label: query,
    description: `Open block on chain ${chain}`,
    leftSection: <IconBinaryTree size={18} />,
    onClick: go(`/blocks/${chain}/${query}`),
  }));
}
