import { Hash } from '../../components/hash.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useVersion } from '../../hooks/system.js';

/** What runs. */
export function VersionPanel() {
  const version = useVersion();
  return (
    <section className="panel" aria-labelledby="version">
      <div className="panel-head">
        <h2 id="version">Version</h2>
      </div>
      <div className="panel-body">
        {version.isPending && <Loading lines={3} />}
        {version.isError && <ProblemNotice error={version.error} onRetry={() => void version.refetch()} />}
        {version.data !== undefined && (
          <dl className="facts">
            <dt>Stemma</dt>
            <dd>{version.data.version}</dd>
            <dt>Commit</dt>
            <dd>
              {version.data.commit === null ? (
                'unknown'
              ) : (
                <Hash value={version.data.commit} head={10} tail={4} />
              )}
            </dd>
            <dt>Node.js</dt>
            <dd>{version.data.node}</dd>
            <dt>Kernel</dt>
            <dd>
              {version.data.kernel ? <Hash value={version.data.kernel} head={16} tail={8} /> : 'not loaded'}{' '}
              {version.data.kernel_compilation !== undefined && (
                <span className="label">{version.data.kernel_compilation} operations</span>
              )}
            </dd>
            {version.data.backend !== undefined && (
              <>
                <dt>TensorFlow.js</dt>
                <dd>
                  {version.data.backend} on {version.data.device}
                </dd>
              </>
            )}
          </dl>
        )}
      </div>
    </section>
  );
}
