// What the dashboard shows of a repaired expert: its submission, its descent, its reward and the data it came from.
import { existsSync } from 'node:fs';

const USUAL_CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const PATIENCE_MS = 60_000;

/**
 * Opens the pages and waits for what each must show. @returns a line a page, with `problem` null where all is there; null where there
 * is no Chromium (CHROMIUM_PATH) or no playwright-core
 */
export async function checkPages(url, name, { submission, reward, dataset }) {
  const executablePath = process.env.CHROMIUM_PATH ?? USUAL_CHROMIUM;
  const playwright = await import('playwright-core').catch(() => null);
  if (playwright === null || !existsSync(executablePath)) return null;
  const browser = await playwright.chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const found = [];
    for (const [path, look] of pagesOf(name, submission, reward, dataset)) {
      await page.goto(`${url}${path}`);
      const problem = await look(page).then(
        () => null,
        (error) => error.message.split('\n')[0],
      );
      found.push({ page: path.split('?')[0], problem });
    }
    return found;
  } finally {
    await browser.close();
  }
}

function pagesOf(name, { submission_id: id, verdict }, { account, amount, epoch }, dataset) {
  const fall = `${(verdict.figures.overall.fall * 100).toFixed(1)} %`;
  const units = `${BigInt(amount).toLocaleString('en-GB')} units`;
  return [
    [
      '/submissions',
      (page) =>
        page
          .getByRole('row', { name: new RegExp(name) })
          .first()
          .waitFor(),
    ],
    [
      `/submissions/${id}`,
      async (page) => {
        await page.getByText('released', { exact: true }).first().waitFor();
        await page.getByRole('img', { name: /Less loss in each domain/ }).waitFor();
        await page.getByRole('link', { name: /of chain D/ }).waitFor();
      },
    ],
    [
      '/lineage',
      (page) => page.getByRole('button', { name: new RegExp(`^${name}, ${fall} less loss`) }).waitFor(),
    ],
    [
      `/rewards?account=${encodeURIComponent(account)}`,
      async (page) => {
        await page.getByRole('region', { name: 'Balance' }).getByTitle(units).first().waitFor();
        await page
          .getByRole('link', { name: `epoch ${epoch}` })
          .first()
          .waitFor();
      },
    ],
    ['/dataset-list', (page) => page.getByRole('row', { name: /repair 1\.0\.0/ }).waitFor()],
    [
      `/dataset-list/${dataset.id}`,
      async (page) => {
        await page.getByText('gold', { exact: true }).first().waitFor();
        await page.getByText(new RegExp(name)).first().waitFor();
      },
    ],
  ];
}
