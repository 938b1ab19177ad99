import { IconCornerDownLeft } from '@tabler/icons-react';
import { conversation } from '../../hooks/conversation.js';
import { useModels } from '../../hooks/models.js';
import styles from './chat.module.css';
import { useChatSettings } from './parameters.js';

const examples = [
  ['Story', 'Tell a story about a lonely fox who finds a lamp.'],
  ['Words', 'Sort these words: purple, black, grey.'],
  ['Extraction', 'Extract JSON: Zoe bought 22 hammers for 52 euros.'],
  ['Logic', 'Zoe is taller than Uma. Uma is taller than Jack. Who is the tallest?'],
  ['Help', 'How is an answer verified?'],
] as const;

/** An empty conversation: what this is, and prompts the genesis model knows how to answer. */
export function Start() {
  const model = useModels().data?.find((candidate) => candidate.live !== null);
  const [settings] = useChatSettings();
  return (
    <div className={styles.start}>
      <h1>Ask, then check the answer yourself</h1>
      <p>
        Every answer comes with a receipt. <em>Verify</em> downloads the blocks it names, checks every hash
        and replays the answer in this tab, bit for bit.
      </p>
      {model !== undefined && (
        <ul className={styles.examples}>
          {examples.map(([domain, prompt]) => (
            <li key={domain}>
              <button
                type="button"
                onClick={() =>
                  void conversation.ask({
                    model: model.name,
                    prompt,
                    parameters: parametersOf(settings),
                    withHistory: false,
                  })
                }
              >
                <span className="label">{domain}</span>
                <span>{prompt}</span>
                <IconCornerDownLeft size={16} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The settings without what only this page knows. */
export function parametersOf({
  withHistory: _withHistory,
  ...parameters
}: ReturnType<typeof useChatSettings>[0]) {
  return parameters;
}
