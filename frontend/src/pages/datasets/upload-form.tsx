import { Button, FileInput, Progress, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { UploadProgress } from '../../api/dataset-upload.js';
import type { DatasetSummary } from '../../api/datasets.js';
import { ProblemNotice } from '../../components/notice.js';
import { useUpload } from '../../hooks/datasets.js';
import styles from './datasets.module.css';

const STEPS: Readonly<Record<UploadProgress['step'], string>> = {
  hash: 'reading the file',
  send: 'sending it',
  work: 'proving work',
};

/** Uploads a file of JSON lines as a dataset. */
export function UploadForm({ onUploaded }: { onUploaded: (dataset: DatasetSummary) => void }) {
  const [wish, setWish] = useState({ name: '', version: '1.0.0', licence: 'CC0-1.0', source: '' });
  const [file, setFile] = useState<File | null>(null);
  const { upload, progress, stop } = useUpload();
  const field = (name: keyof typeof wish) => ({
    size: 'xs',
    value: wish[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setWish({ ...wish, [name]: event.currentTarget.value }),
  });
  const ready = file !== null && Object.values(wish).every((value) => value.trim() !== '');
  const send = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (file !== null) upload.mutate({ wish, file }, { onSuccess: onUploaded });
  };
  return (
    <section className="panel" aria-labelledby="upload">
      <div className="panel-head">
        <h2 id="upload">Upload a dataset</h2>
        <span className="label">JSON lines: prompt and completion, messages, or text</span>
      </div>
      <form className={`panel-body ${styles.form}`} onSubmit={send}>
        <TextInput label="Name" placeholder="my-questions" {...field('name')} />
        <TextInput label="Version" {...field('version')} />
        <TextInput label="Licence (SPDX)" {...field('licence')} />
        <TextInput label="Source" placeholder="written by me" {...field('source')} />
        <FileInput
          size="xs"
          label="File"
          placeholder="Choose a file"
          clearable
          clearButtonProps={{ 'aria-label': 'No file' }}
          classNames={{ placeholder: styles.placeholder }}
          value={file}
          onChange={setFile}
        />
        <div className="row">
          <Button type="submit" size="xs" disabled={!ready} loading={upload.isPending}>
            Upload
          </Button>
          {upload.isPending && (
            <Button size="xs" variant="default" onClick={stop}>
              Stop
            </Button>
          )}
        </div>
        {progress !== null && (
          <div className={styles.progress} role="status">
            <span className="label">
              {STEPS[progress.step]}: {Math.floor(progress.share * 100)} %
            </span>
            <Progress size="sm" value={progress.share * 100} aria-label="How far the upload is" />
          </div>
        )}
        {upload.isError && !isStop(upload.error) && (
          <div className={styles.wide}>
            <ProblemNotice error={upload.error} />
          </div>
        )}
      </form>
    </section>
  );
}

function isStop(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
