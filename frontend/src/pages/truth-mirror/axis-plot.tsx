import type { AxisFigures } from '../../api/mirror.js';
import { number } from '../../components/format.js';
import { IntervalPlot } from '../../components/interval-plot.js';

/** Where the groups of one axis stand: a dot per group with its interval, zero in the middle. */
export function AxisPlot({ axis }: { axis: AxisFigures }) {
  const { bias, fairness, groups, expressible, items } = axis;
  const known = bias !== null && fairness !== null;
  return (
    <div className="panel">
      <div className="panel-head">
        <h2>{axis.axis}</h2>
        <span className="label">
          {known
            ? `bias ${number(bias.value, 2)}, fairness ${number(fairness.value, 2)}; ${expressible} of ${items} items within the model`
            : `not known: only ${expressible} of ${items} items are within what the model can express`}
        </span>
      </div>
      {known && <Dots groups={groups} name={axis.axis} />}
    </div>
  );
}

function Dots({ groups, name }: { groups: AxisFigures['groups']; name: string }) {
  const reach = Math.max(0.1, ...groups.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
  const edge = Math.ceil(reach * 10) / 10;
  return (
    <IntervalPlot
      rows={groups.map(({ group, value, low, high }) => ({
        ...{ name: group, value, low, high },
        title: `${group}: ${number(value, 2)}, 95 %: ${number(low, 2)} to ${number(high, 2)}`,
      }))}
      edge={edge}
      ticks={[number(-edge, 1), '0', `+${number(edge, 1)} likelier`]}
      label={`Groups of the axis ${name}; the table below has the numbers`}
    />
  );
}
