import type { RoundMember } from '../../api/rounds.js';
import { bytes } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { State, type Meaning } from '../../components/state.js';
import styles from './rounds.module.css';

/** Who takes part, and how far each of them is. */
export function MemberTable({ members, over }: { members: readonly RoundMember[]; over: boolean }) {
  return (
    <section className="panel" aria-labelledby="members">
      <div className="panel-head">
        <h2 id="members">Members</h2>
      </div>
      {members.length === 0 ? (
        <p className={styles.none}>Nobody has joined yet: npx stemma rounds join takes part.</p>
      ) : (
        <table className={styles.table}>
          <caption className="visually-hidden">Members and how far each of them is</caption>
          <thead>
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Standing</th>
              <th scope="col">Update</th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={member.author}>
                <th scope="row">
                  <Hash value={member.author} />
                </th>
                <td>
                  <Standing member={member} over={over} />
                </td>
                <td>{member.bytes === null ? '' : bytes(member.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Standing({ member, over }: { member: RoundMember; over: boolean }) {
  const [meaning, word] = standingOf(member, over);
  return (
    <State is={meaning} soft>
      {word}
    </State>
  );
}

function standingOf({ commitment, update, code }: RoundMember, over: boolean): [Meaning, string] {
  if (code !== null) return ['failed', `refused: ${code}`];
  if (update !== null) return ['proved', 'has shown the update'];
  if (over) return ['failed', commitment === null ? 'has not committed' : 'has not shown the update'];
  return ['waiting', commitment === null ? 'has joined' : 'has committed'];
}
