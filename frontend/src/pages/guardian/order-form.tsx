import { Anchor, Button, Checkbox, Select } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { KnownAction } from '../../api/autonomy.js';
import { freshRequestKey } from '../../api/request-key.js';
import { DecisionState } from '../../components/decision-state.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useOrder } from '../../hooks/autonomy.js';
import { readParameters, templateOf } from '../decisions/parameters.js';
import { ParametersField } from '../decisions/parameters-field.js';
import styles from './guardian.module.css';

/**
 * Orders one of the server's actions, whatever the matrix says: with its parameters, a reason, and a second thought. An order whose
 * answer is lost is sent again under its key; one that is written anew is another order.
 */
export function OrderForm({ actions }: { actions: readonly KnownAction[] }) {
  const [name, setName] = useState<string | null>(null);
  const [text, setText] = useState('{}');
  const [reason, setReason] = useState('');
  const [sure, setSure] = useState(false);
  const [key, setKey] = useState(freshRequestKey);
  const order = useOrder();
  const action = actions.find((each) => each.name === name);
  const parameters = readParameters(text);
  const ready = parameters !== 'invalid' && reason.trim() !== '' && sure && !order.isPending;
  const writeAnew = () => {
    setKey(freshRequestKey());
    setSure(false);
  };
  const choose = (chosen: string | null) => {
    setName(chosen);
    order.reset();
    setText(templateOf(actions.find((each) => each.name === chosen)));
    writeAnew();
  };
  const writeParameters = (written: string) => {
    setText(written);
    writeAnew();
  };
  const writeReason = (written: string) => {
    setReason(written);
    writeAnew();
  };
  return (
    <section className="panel" aria-labelledby="order">
      <div className="panel-head">
        <h2 id="order">Order an action</h2>
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
          <>
            <p className="label" style={{ margin: 0 }}>
              It {action.summary}.
            </p>
            <ParametersField
              action={action}
              text={text}
              invalid={parameters === 'invalid'}
              onChange={writeParameters}
            />
            <ReasonField label="Reason for the order" value={reason} onChange={writeReason} />
            <Checkbox
              label={`Yes, ${action.name.replaceAll('_', ' ')} now, whatever the matrix says`}
              checked={sure}
              onChange={(event) => setSure(event.currentTarget.checked)}
            />
            <div className="row">
              <Button
                disabled={!ready}
                loading={order.isPending}
                onClick={() =>
                  parameters !== 'invalid' &&
                  order.mutate(
                    { action: action.name, parameters, reason: reason.trim(), idempotency_key: key },
                    { onSuccess: () => writeReason(''), onError: () => setSure(false) },
                  )
                }
              >
                Order it
              </Button>
            </div>
          </>
        )}
        {order.isError && <ProblemNotice error={order.error} />}
        {order.isSuccess && (
          <p style={{ margin: 0 }}>
            <Anchor component={Link} to={`/decisions/${order.data.decision_id}`}>
              {order.data.what}
            </Anchor>{' '}
            <DecisionState state={order.data.state} />
          </p>
        )}
      </div>
    </section>
  );
}
