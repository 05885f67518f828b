// The installed packages, which are not beside these files: tests/dashboards/run says where they are.
import { createRequire } from 'node:module';
import path from 'node:path';

export const folder = process.env.SYSTEMCHECK_NODE_PACKAGES;
if (!folder) {
  throw new Error('begin this with tests/dashboards/run');
}
export const modules = path.join(folder, 'node_modules');
export const load = createRequire(path.join(folder, 'package.json'));
