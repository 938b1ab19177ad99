export { plantedCorpus, type PlantedLine } from './corpus.js';
