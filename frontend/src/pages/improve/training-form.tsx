import { Button, FileInput, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { ProblemNotice } from '../../components/notice.js';
import { useModels } from '../../hooks/models.js';
import { useReleaseExperts } from '../../hooks/training.js';
import { mostThreads } from '../../training/most-threads.js';
import type { TrainingRequest } from '../../training/protocol.js';
import styles from './improve.module.css';
import { BOUNDS, boundedNumber, requestOf, typedDatasets, type TypedWish } from './wish.js';

/** What is trained, on what, for how long. */
export function TrainingForm(props: {
  wish: TypedWish;
  onChange: (wish: TypedWish) => void;
  onTrain: (request: TrainingRequest) => void;
  busy: boolean;
}) {
  const { wish, onChange, onTrain, busy } = props;
  const models = useModels();
  const live = (models.data ?? []).filter((model) => model.live !== null);
  const model = live.find(({ name }) => name === wish.model) ?? live[0];
  const experts = useReleaseExperts(model?.live?.release ?? null);
  const chosen = { ...wish, model: model?.name ?? null };
  const request = requestOf(chosen, mostThreads());
  const start = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (request !== null) onTrain(request);
  };
  return (
    <section className="panel" aria-labelledby="wish">
      <div className="panel-head">
        <h2 id="wish">What to train</h2>
      </div>
      <form className={`panel-body ${styles.form}`} onSubmit={start}>
        <Select
          size="xs"
          label="Model"
          description="its live release"
          data={live.map(({ name, live: release }) => ({
            value: name,
            label: `${name} ${release?.version}`,
          }))}
          value={model?.name ?? null}
          onChange={(name) => onChange({ ...wish, model: name, expert: null })}
          allowDeselect={false}
        />
        <Select
          size="xs"
          label="Expert"
          description="see the Experts page"
          placeholder="Choose one"
          searchable
          data={experts.data ?? []}
          value={wish.expert}
          onChange={(expert) => onChange({ ...wish, expert })}
        />
        <NumberField name="minutes" label="Minutes" description="at most" wish={wish} onChange={onChange} />
        <NumberField
          name="learningRate"
          label="Learning rate"
          description="the greatest"
          wish={wish}
          onChange={onChange}
        />
        <DataFields wish={wish} onChange={onChange} />
        <MoreFields wish={wish} onChange={onChange} />
        {models.isError && <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />}
        {experts.isError && <ProblemNotice error={experts.error} onRetry={() => void experts.refetch()} />}
        <div className={`row ${styles.wide}`}>
          <Button type="submit" size="xs" disabled={request === null || busy}>
            Train
          </Button>
          {request === null && <span className="label">An expert and data are needed.</span>}
        </div>
      </form>
    </section>
  );
}

interface FieldProps {
  readonly wish: TypedWish;
  readonly onChange: (wish: TypedWish) => void;
}

function DataFields({ wish, onChange }: FieldProps) {
  return (
    <>
      <FileInput
        size="xs"
        className={styles.wide}
        label="Data"
        description={
          'JSON lines: {"prompt": …, "completion": …}, {"messages": […]} or {"text": …}; every tenth document is kept apart to see how training fares'
        }
        placeholder="Choose a file"
        clearable
        clearButtonProps={{ 'aria-label': 'No file' }}
        classNames={{ placeholder: styles.placeholder }}
        value={wish.file}
        onChange={(file) => onChange({ ...wish, file })}
      />
      {wish.file === null && (
        <Textarea
          size="xs"
          className={styles.wide}
          classNames={{ input: 'mono' }}
          label="Or paste them"
          placeholder={'{"prompt": "2 + 3 =", "completion": "5"}'}
          rows={4}
          spellCheck={false}
          value={wish.text}
          onChange={(event) => onChange({ ...wish, text: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function MoreFields({ wish, onChange }: FieldProps) {
  const wrong = typedDatasets(wish.datasets) === null;
  return (
    <details className={styles.wide}>
      <summary>More</summary>
      <div className={styles.form}>
        <NumberField
          name="steps"
          label="Updates"
          description="empty: as many as fit into the time"
          wish={wish}
          onChange={onChange}
        />
        <NumberField
          name="batchTokens"
          label="Tokens an update"
          description="fewer need less memory"
          wish={wish}
          onChange={onChange}
        />
        <NumberField
          name="threads"
          label="Threads"
          description={`this browser offers ${mostThreads()}; they change the speed alone`}
          most={mostThreads()}
          wish={wish}
          onChange={onChange}
        />
        <TextInput
          size="xs"
          label="Seed"
          description="decides the order of the documents"
          value={wish.seed}
          onChange={(event) => onChange({ ...wish, seed: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          className={styles.wide}
          label="Datasets"
          description="where the data come from: hashes of blocks of chain D, separated by commas"
          error={wrong ? 'Hashes have 64 hexadecimal digits; 64 of them at most.' : undefined}
          value={wish.datasets}
          onChange={(event) => onChange({ ...wish, datasets: event.currentTarget.value })}
        />
      </div>
    </details>
  );
}

function NumberField(
  props: FieldProps & {
    readonly name: keyof typeof BOUNDS;
    readonly label: string;
    readonly description: string;
    readonly most?: number;
  },
) {
  const { name, label, description, wish, onChange, most = BOUNDS[props.name].max } = props;
  const { min, whole } = BOUNDS[name];
  const typed = wish[name];
  const wrong = !(name === 'steps' && typed === '') && boundedNumber(name, typed) === null;
  return (
    <NumberInput
      size="xs"
      label={label}
      description={description}
      allowDecimal={!whole}
      allowNegative={false}
      decimalScale={whole ? 0 : 7}
      clampBehavior="none"
      hideControls
      error={wrong || Number(typed) > most ? `from ${min} to ${most}` : undefined}
      value={typed}
      onChange={(value) => onChange({ ...wish, [name]: value })}
    />
  );
}
