import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { saveFile } from '../../components/export-buttons.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { useAuthorKey } from '../../hooks/training.js';
import { keyText, publicKeyText } from '../../training/author-key.js';
import styles from './improve.module.css';

/** The key that signs what is trained here: to be saved, or exchanged for one that was. */
export function KeyFields() {
  const { key, replace } = useAuthorKey();
  const [typed, setTyped] = useState('');
  return (
    <div className={`${styles.wide} ${styles.training}`}>
      {key.isSuccess && (
        <div className="row">
          <span>
            Signed with the key <Hash value={publicKeyText(key.data)} />
          </span>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => saveFile('stemma-author.key', 'text/plain', keyText(key.data))}
          >
            Save this key
          </Button>
        </div>
      )}
      {key.isError && <ProblemNotice error={key.error} />}
      <p className={styles.words}>
        It was made in this browser and is kept here, unencrypted. Whoever has it can sign in your name; if
        this browser’s data are cleared it is gone, so save it.
      </p>
      <details>
        <summary>Use a key that was saved</summary>
        <div className={styles.key}>
          <TextInput
            size="xs"
            type="password"
            label="Key"
            description="64 hexadecimal digits; the key that is here now is forgotten"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button
            size="xs"
            variant="default"
            disabled={typed.trim() === ''}
            onClick={() => replace.mutate(typed, { onSuccess: () => setTyped('') })}
          >
            Use it
          </Button>
        </div>
        {replace.isError && <ProblemNotice error={replace.error} />}
      </details>
    </div>
  );
}
