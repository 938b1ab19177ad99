// A Vulkan adapter in software for Dawn (the package `webgpu`): SwiftShader, which every Chromium for Linux brings along with a
// Vulkan loader. Both are found through the environment that a process starts with, so what needs them is started with it.
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const FOLDERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const DRIVER = 'vk_swiftshader_icd.json';

/** The environment in which Dawn finds Chromium's SwiftShader; throws where there is none. */
export function swiftShaderEnvironment(environment = process.env) {
  const browser = environment.CHROMIUM_PATH;
  const beside = browser && existsSync(browser) ? [dirname(realpathSync(browser))] : [];
  const folder = [...beside, ...FOLDERS].find((candidate) => existsSync(join(candidate, DRIVER)));
  if (folder === undefined)
    throw new Error(
      `no ${DRIVER} in ${[...beside, ...FOLDERS].join(', ')}: install Chromium, or leave --swiftshader out`,
    );
  const libraries = [folder, environment.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { ...environment, LD_LIBRARY_PATH: libraries, VK_DRIVER_FILES: join(folder, DRIVER) };
}
