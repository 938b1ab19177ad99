import { root } from '../server.mjs';

const PROMPT = [{ role: 'user', content: 'Tell me a story about a fox and a hen.' }];

/** The models of a data folder as the engine loads them, with the prompt of the benchmark in their tokens. */
export async function engineModels(dataDir, names) {
  process.env.DATA_DIR = dataDir;
  process.env.LOG_LEVEL = 'warn';
  const [{ withApplication }, { loadConfig }, { InferenceService }] = await Promise.all([
    import(`${root}dist/src/cli/with-application.js`),
    import(`${root}dist/src/config/index.js`),
    import(`${root}dist/src/inference/index.js`),
  ]);
  const config = loadConfig();
  if (!config.ok) throw config.error;
  return withApplication(config.value, async ({ application }) => {
    const inference = application.get(InferenceService);
    const models = [];
    for (const name of names) {
      const prepared = await inference.prepare({ model: name, prompt: { messages: PROMPT }, owner: 'bench' });
      if (!prepared.ok) throw prepared.error;
      const { model, promptIds } = prepared.value;
      models.push({ name, engine: model.engine, stopIds: model.stopIds, promptIds });
    }
    return models;
  });
}
