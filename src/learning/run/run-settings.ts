/** How trainings of experts go on, on the command line and in browsers: the same ones give the same bits. */
export const RUN_SETTINGS = {
  /** Updates between two looks at unseen documents. */
  checkEvery: 20,
  /** Looks in a row without a better one after which a training ends. */
  patience: 8,
  /** Documents that are looked at without being learnt: enough for a steady figure, few enough to cost little. */
  unseen: 256,
} as const;
