import { useLocalStorage } from '@mantine/hooks';
import type { ChatParameters } from '../../api/chat.js';

/** What the parameters drawer sets; null leaves a value to the model's own defaults. */
export interface ChatSettings extends ChatParameters {
  readonly withHistory: boolean;
}

/** Everything left to the model; each prompt stands alone. */
export const defaultSettings: ChatSettings = {
  temperature: null,
  top_p: null,
  top_k: null,
  min_p: null,
  repetition_penalty: null,
  max_tokens: null,
  seed: null,
  stop: [],
  withHistory: false,
};

/** The settings of this browser. */
export function useChatSettings() {
  return useLocalStorage<ChatSettings>({
    key: 'stemma.chat-settings',
    defaultValue: defaultSettings,
    getInitialValueInEffect: false,
    deserialize: (text) => ({ ...defaultSettings, ...readObject(text) }),
  });
}

function readObject(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
