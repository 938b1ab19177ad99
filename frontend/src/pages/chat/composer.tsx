import { ActionIcon, Button, Select, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAdjustmentsHorizontal,
  IconArrowUp,
  IconEraser,
  IconPlayerStopFilled,
} from '@tabler/icons-react';
import { useState } from 'react';
import { ProblemNotice } from '../../components/notice.js';
import { conversation } from '../../hooks/conversation.js';
import { useModels } from '../../hooks/models.js';
import styles from './chat.module.css';
import { ParametersDrawer } from './parameters-drawer.js';
import { useChatSettings } from './parameters.js';
import { parametersOf } from './start.js';

/** Where a prompt is typed. Enter sends, Shift-Enter makes a new line, Escape stops an answer. */
export function Composer({ busy, empty, onClear }: { busy: boolean; empty: boolean; onClear: () => void }) {
  const [prompt, setPrompt] = useState('');
  const [chosen, choose] = useState<string | null>(null);
  const [settings, setSettings] = useChatSettings();
  const [drawer, setDrawer] = useDisclosure(false);
  const models = useModels();
  const served = (models.data ?? []).filter((model) => model.live !== null).map((model) => model.name);
  const model = chosen ?? served[0] ?? null;
  const canSend = !busy && model !== null && prompt.trim() !== '';
  const send = (): void => {
    if (!canSend) return;
    void conversation.ask({
      model,
      prompt: prompt.trim(),
      parameters: parametersOf(settings),
      withHistory: settings.withHistory,
    });
    setPrompt('');
  };
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {models.isError && <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />}
      <div className={styles.composerBox}>
        <Textarea
          variant="unstyled"
          autosize
          minRows={1}
          maxRows={8}
          autoFocus
          aria-label="Prompt"
          placeholder={model === null ? 'No model is being served yet' : `Ask ${model}`}
          value={prompt}
          onChange={(event) => setPrompt(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') conversation.stop();
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <div className={styles.tools}>
          <Select
            size="xs"
            w={132}
            aria-label="Model"
            data={served}
            value={model}
            allowDeselect={false}
            disabled={served.length === 0}
            onChange={choose}
          />
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}
            onClick={setDrawer.open}
          >
            Parameters
          </Button>
          <div className={styles.right}>
            {!empty && (
              <Button
                size="xs"
                variant="subtle"
                color="gray"
                leftSection={<IconEraser size={15} aria-hidden />}
                onClick={onClear}
              >
                New
                <span className="visually-hidden"> conversation</span>
              </Button>
            )}
            {busy ? (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
                onClick={() => conversation.stop()}
              >
                Stop
              </Button>
            ) : (
              <ActionIcon type="submit" size={30} aria-label="Send" disabled={!canSend}>
                <IconArrowUp size={18} aria-hidden />
              </ActionIcon>
            )}
          </div>
        </div>
      </div>
      <ParametersDrawer
        opened={drawer}
        onClose={setDrawer.close}
        settings={settings}
        onChange={setSettings}
      />
    </form>
  );
}
