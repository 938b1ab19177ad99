import { Button, Drawer, NumberInput, SimpleGrid, Stack, Switch, TagsInput } from '@mantine/core';
import { defaultSettings, type ChatSettings } from './parameters.js';

interface NumberField {
  readonly name: 'temperature' | 'top_p' | 'top_k' | 'min_p' | 'repetition_penalty' | 'max_tokens' | 'seed';
  readonly label: string;
  readonly help: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly whole: boolean;
}

const fields: readonly NumberField[] = [
  {
    name: 'temperature',
    label: 'Temperature',
    help: '0 always takes the likeliest token.',
    min: 0,
    max: 2,
    step: 0.1,
    whole: false,
  },
  {
    name: 'top_p',
    label: 'Top p',
    help: 'Keeps the likeliest tokens up to this probability.',
    min: 0.01,
    max: 1,
    step: 0.05,
    whole: false,
  },
  {
    name: 'top_k',
    label: 'Top k',
    help: 'Keeps this many tokens; 0 keeps all.',
    min: 0,
    max: 1000,
    step: 1,
    whole: true,
  },
  {
    name: 'min_p',
    label: 'Min p',
    help: 'Drops tokens below this share of the likeliest.',
    min: 0,
    max: 1,
    step: 0.01,
    whole: false,
  },
  {
    name: 'repetition_penalty',
    label: 'Repetition penalty',
    help: '1 is none.',
    min: 0.1,
    max: 2,
    step: 0.05,
    whole: false,
  },
  {
    name: 'max_tokens',
    label: 'Longest answer',
    help: 'In tokens.',
    min: 1,
    max: 131_072,
    step: 16,
    whole: true,
  },
  {
    name: 'seed',
    label: 'Seed',
    help: 'The same again gives the same answer, to the last bit.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    step: 1,
    whole: true,
  },
];

/** The sampling parameters; an empty field leaves the choice to the model. */
export function ParametersDrawer(props: {
  opened: boolean;
  onClose: () => void;
  settings: ChatSettings;
  onChange: (settings: ChatSettings) => void;
}) {
  const { settings, onChange } = props;
  return (
    <Drawer
      opened={props.opened}
      onClose={props.onClose}
      position="right"
      size="md"
      title="Parameters"
      closeButtonProps={{ 'aria-label': 'Close parameters' }}
    >
      <Stack gap="sm">
        <SimpleGrid cols={2} spacing="sm" verticalSpacing="sm">
          {fields.map((field) => (
            <NumberInput
              key={field.name}
              label={field.label}
              description={field.help}
              placeholder={field.name === 'seed' ? 'random' : 'the model’s own'}
              inputWrapperOrder={['label', 'input', 'description']}
              min={field.min}
              max={field.max}
              step={field.step}
              allowDecimal={!field.whole}
              clampBehavior="blur"
              value={settings[field.name] ?? ''}
              onChange={(value) =>
                onChange({ ...settings, [field.name]: value === '' ? null : Number(value) })
              }
            />
          ))}
        </SimpleGrid>
        <TagsInput
          label="Stop strings"
          description="The answer ends before the first of them. Enter adds one."
          maxTags={4}
          value={[...settings.stop]}
          onChange={(stop) => onChange({ ...settings, stop })}
        />
        <Switch
          label="Send earlier turns along"
          description="Off, each prompt stands alone. The genesis model was trained on single turns."
          checked={settings.withHistory}
          onChange={(event) => onChange({ ...settings, withHistory: event.currentTarget.checked })}
        />
        <Button variant="default" onClick={() => onChange(defaultSettings)}>
          Back to the model’s own
        </Button>
      </Stack>
    </Drawer>
  );
}
