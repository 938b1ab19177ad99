import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { DecisionState } from '../../components/decision-state.js';
import { Judgement } from '../../components/judgement.js';
import { ProblemNotice } from '../../components/notice.js';
import { useForecast, useGuardianDashboard, useRequest } from '../../hooks/autonomy.js';
import styles from './decisions.module.css';
import { ParametersField } from './parameters-field.js';
import { readParameters, templateOf } from './parameters.js';

/** Asks what would happen and why; and then, if wanted, for the action itself. */
export function DryRun() {
  const actions = useGuardianDashboard().data?.actions ?? [];
  const navigate = useNavigate();
  const [name, setName] = useState<string | null>(null);
  const [text, setText] = useState('{}');
  const forecast = useForecast();
  const request = useRequest();
  const action = actions.find((each) => each.name === name);
  const parameters = readParameters(text);
  const asked =
    action === undefined || parameters === 'invalid'
      ? null
      : { type: action.type, action: action.name, parameters };
  const choose = (chosen: string | null) => {
    setName(chosen);
    forecast.reset();
    setText(templateOf(actions.find((each) => each.name === chosen)));
  };
  return (
    <section className="panel" aria-labelledby="dry-run">
      <div className="panel-head">
        <h2 id="dry-run">What would happen?</h2>
      </div>
      <div className={`panel-body ${styles.body}`}>
        <Select
          label="Action"
          placeholder="Choose one"
          data={actions.map((each) => ({ value: each.name, label: `${each.type}: ${each.name}` }))}
          value={name}
          onChange={choose}
        />
        {action !== undefined && (
          <p className="label" style={{ margin: 0 }}>
            It {action.summary}.
          </p>
        )}
        <ParametersField action={action} text={text} invalid={parameters === 'invalid'} onChange={setText} />
        <div className="row">
          <Button
            variant="default"
            disabled={asked === null || forecast.isPending}
            onClick={() => asked !== null && forecast.mutate(asked)}
          >
            Dry run
          </Button>
          <Button
            disabled={asked === null || !forecast.isSuccess || request.isPending}
            onClick={() =>
              asked !== null &&
              request.mutate(asked, { onSuccess: (made) => void navigate(`/decisions/${made.decision_id}`) })
            }
          >
            Ask for it
          </Button>
        </div>
        {forecast.isError && <ProblemNotice error={forecast.error} />}
        {request.isError && <ProblemNotice error={request.error} />}
        {forecast.isSuccess && (
          <>
            <p style={{ margin: 0 }}>
              {forecast.data.what}: <DecisionState state={forecast.data.state} />
            </p>
            <Judgement judged={forecast.data} />
          </>
        )}
      </div>
    </section>
  );
}
